package io.digflink.tests.support;

import io.digflink.runtime.model.TestBundles;
import java.io.IOException;
import java.nio.file.Path;

/** The bundles that the jobs of these tests serve. */
public final class TestModels {
  /** The class-conditional DiG, which every stack has. */
  public static final String PLAIN = "plain";

  /** The class-conditional DiS. */
  public static final String DIS = "dis";

  private TestModels() {}

  /** Exports the class-conditional DiG into a model directory. */
  public static void exportPlain(Path modelDirectory) throws IOException {
    TestBundles.export("dig-plain", modelDirectory, PLAIN);
  }

  /** Exports the class-conditional DiS into a model directory. */
  public static void exportDis(Path modelDirectory) throws IOException {
    TestBundles.export("dis", modelDirectory, DIS);
  }
}
