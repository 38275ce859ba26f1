package io.digflink.tests.models;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.TestBundles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Two versions of one small model, whose weights differ. */
final class Versions {
  private Versions() {}

  /**
   * Exports the model.
   *
   * @param directory where the bundle goes, under its name
   */
  static ModelBundle first(Path directory, String name) throws IOException {
    return TestBundles.export("dig-plain", directory, name);
  }

  /** Exports it with weights that are a little larger. */
  static ModelBundle second(Path directory, String name) throws IOException {
    Path bundle = TestBundles.export("dig-plain", directory, name).path();
    ModelManifest manifest = BundleDirectory.open(bundle).manifest();
    Path weights = bundle.resolve(ModelManifest.DENOISER + ".data");
    byte[] bytes = Files.readAllBytes(weights);
    FloatBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    for (int i = 0; i < floats.capacity(); i++) {
      float value = floats.get(i);
      if (Math.abs(value) > 1e-6f && Math.abs(value) < 10) {
        floats.put(i, 1.02f * value);
      }
    }
    Files.write(weights, bytes);
    BundleDirectory.seal(bundle, manifest);
    return ModelBundle.open(bundle);
  }
}
