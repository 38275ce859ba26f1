package io.digflink.tests.support;

import io.digflink.runtime.model.TestBundles;
import java.io.IOException;
import java.nio.file.Path;

/** The bundle that the jobs of these tests serve. */
public final class TestModels {
  /** Its name. */
  public static final String PLAIN = "plain";

  private TestModels() {}

  /** Exports the class-conditional DiG into a model directory. */
  public static void exportPlain(Path modelDirectory) throws IOException {
    TestBundles.export("dig-plain", modelDirectory, PLAIN);
  }
}
