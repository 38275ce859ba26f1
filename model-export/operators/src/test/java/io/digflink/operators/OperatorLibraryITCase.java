package io.digflink.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtSession;
import io.digflink.operators.OperatorLibrary.Kernels;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The operators' library in this process. */
class OperatorLibraryITCase {
  private static final Path MAPS = Path.of("/proc/self/maps");

  /** A session calls into it; options need not outlive their session. */
  @Test
  void theLibraryOfASecondJobStaysLoadedWhenTheOptionsThatRegisteredItAreClosed() throws Exception {
    assumeTrue(
        Files.exists(MAPS), "Expected " + MAPS + ", which lists the loaded libraries, found none");
    OnnxRuntime.environment();
    BuiltLibrary.require();
    assertThat(register(OperatorLibrary.class)).isPresent();

    // Every job on a session cluster has a class loader, and with it a copy of the library.
    try (URLClassLoader secondJob = new JobClassLoader()) {
      Class<?> second = secondJob.loadClass(OperatorLibrary.class.getName());
      assertThat(second).isNotSameAs(OperatorLibrary.class);
      Path library = register(second).orElseThrow();
      assertThat(Files.readString(MAPS)).contains(library.toString());
    }
  }

  /** Registers the library with options that are closed at once; returns where it is. */
  private static Optional<Path> register(Class<?> library) throws Exception {
    Class<?> kernels = library.getClassLoader().loadClass(Kernels.class.getName());
    Object cpu = kernels.getEnumConstants()[Kernels.CPU.ordinal()];
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      library
          .getMethod("register", OrtSession.SessionOptions.class, kernels)
          .invoke(null, options, cpu);
    }
    Optional<?> path = (Optional<?>) library.getMethod("find", kernels).invoke(null, cpu);
    return path.map(Path.class::cast);
  }

  /** Loads the operators' classes itself and everything else from the tests' loader. */
  private static final class JobClassLoader extends URLClassLoader {
    JobClassLoader() {
      super(
          new URL[] {OperatorLibrary.class.getProtectionDomain().getCodeSource().getLocation()},
          OperatorLibrary.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith(OperatorLibrary.class.getName())) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
      return super.loadClass(name, resolve);
    }
  }
}
