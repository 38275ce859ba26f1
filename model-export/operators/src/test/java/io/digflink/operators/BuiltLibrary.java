package io.digflink.operators;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.tools.Tool;
import java.util.List;

/** The operator library with its CPU kernels, which is built only where there is a compiler. */
public final class BuiltLibrary {
  private static final List<String> TOOLS = List.of("cmake", "make", "c++");

  private BuiltLibrary() {}

  /** Skips the test if the library was not built, with what to install as the reason. */
  public static void require() {
    require(OperatorLibrary.find(OperatorLibrary.Kernels.CPU).isPresent());
  }

  /** The same for another output of that build. */
  static void require(boolean built) {
    if (!built) {
      TOOLS.forEach(Tool::require);
    }
    assumeTrue(
        built,
        "Expected the operators' build to have succeeded: the logs in"
            + " model-export/operators/target/native say why it did not");
  }
}
