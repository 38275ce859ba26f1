package io.digflink.runtime.model;

import io.digflink.bundle.ModelManifest;
import io.digflink.bundle.Precision;
import java.util.List;
import java.util.Map;

/** Manifests of models that exist on paper only: 64×64 pixels, multiples of 16. */
public final class TestManifests {
  private TestManifests() {}

  /** A model of classes with these names, with unconditional images. */
  public static ModelManifest named(String model, String... names) {
    return of(model, new ModelManifest.Classes(names.length, List.of(names), names.length), true);
  }

  /** A model of classes with these names that was trained without label dropout. */
  public static ModelManifest withoutNullClass(String model, String... names) {
    return of(model, new ModelManifest.Classes(names.length, List.of(names), null), true);
  }

  /** A model without classes. */
  public static ModelManifest withoutClasses(String model) {
    return of(model, null, true);
  }

  /** A DiG that scans in four directions. */
  static ModelManifest ofDepth(String name, int depth) {
    return of(name, null, true, Map.of("if_quad_dir", true, "depth", depth));
  }

  /**
   * Any model.
   *
   * @param classes its classes, or null
   * @param dynamicSize whether it makes other sizes than the trained one
   */
  public static ModelManifest of(String name, ModelManifest.Classes classes, boolean dynamicSize) {
    return of(name, classes, dynamicSize, Map.of());
  }

  private static ModelManifest of(
      String name, ModelManifest.Classes classes, boolean dynamicSize, Map<String, Object> config) {
    return new ModelManifest(
        ModelManifest.FORMAT_VERSION,
        name,
        "DiG",
        null,
        config,
        new ModelManifest.Latent(4, 8, 8, dynamicSize, 2),
        new ModelManifest.Image(8, 3),
        null,
        classes,
        new ModelManifest.Parameterization("epsilon", true),
        new ModelManifest.Schedule("linear", 1000, 0.0001, 0.02),
        0.18215,
        Precision.FP32,
        new ModelManifest.OpDomain(ModelManifest.OpDomain.NAME, ModelManifest.OpDomain.VERSION),
        null,
        "test",
        Map.of());
  }
}
