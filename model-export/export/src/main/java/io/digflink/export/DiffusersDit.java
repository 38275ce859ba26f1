package io.digflink.export;

import io.digflink.export.checkpoint.StateDict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The {@code config.json} of diffusers' DiT as arguments of the official constructor. */
final class DiffusersDit {
  private static final String CLASS = "_class_name";
  private static final Set<String> CLASSES = Set.of("Transformer2DModel", "DiTTransformer2DModel");

  /** Arguments that make another model of the class; a DiT has these values. */
  private static final Map<String, List<Object>> REQUIRED =
      Map.of(
          "norm_type", List.of("ada_norm_zero"),
          "activation_fn", List.of("gelu-approximate"),
          "attention_bias", List.of(true),
          "norm_elementwise_affine", List.of(false),
          "double_self_attention", List.of(false),
          "only_cross_attention", List.of(false),
          "attention_type", List.of("default"));

  private static final List<String> ABSENT =
      List.of("cross_attention_dim", "num_vector_embeds", "caption_channels");

  private final Map<String, Object> config;

  private DiffusersDit(Map<String, Object> config) {
    this.config = config;
  }

  /** Whether these are the arguments of one of diffusers' classes. */
  static boolean isConfig(Map<String, Object> args) {
    return args.get(CLASS) instanceof String;
  }

  /**
   * The official arguments.
   *
   * @param dict the weights by their official names
   * @throws IllegalArgumentException naming what makes it another model than a DiT
   */
  static Map<String, Object> arguments(Map<String, Object> config, StateDict dict) {
    DiffusersDit reader = new DiffusersDit(config);
    reader.check();
    Map<String, Object> arguments = new LinkedHashMap<>(TensorSizes.of(dict, 0));
    int heads = reader.integer("num_attention_heads");
    arguments.put("num_heads", heads);
    arguments.put("hidden_size", heads * reader.integer("attention_head_dim"));
    arguments.put("depth", reader.integer("num_layers"));
    arguments.put("patch_size", reader.integer("patch_size"));
    if (config.get("sample_size") != null) {
      arguments.put("input_size", reader.integer("sample_size"));
    }
    int classes = reader.integer("num_embeds_ada_norm");
    arguments.put("num_classes", classes);
    boolean nullRow = TensorSizes.labelRows(dict).orElse(classes + 1) > classes;
    arguments.put("class_dropout_prob", nullRow ? 0.1 : 0.0);
    if (config.get("norm_eps") != null) {
      arguments.put("norm_eps", config.get("norm_eps"));
    }
    return arguments;
  }

  private void check() {
    Object name = config.get(CLASS);
    if (!CLASSES.contains(name)) {
      throw new IllegalArgumentException(
          String.format(
              "config.json is of a %s; expected a DiT (%s)%s",
              name,
              String.join(" or ", new TreeSet<>(CLASSES)),
              "AutoencoderKL".equals(name) ? ". Give a decoder with --vae" : ""));
    }
    REQUIRED.forEach(
        (key, values) -> {
          Object value = config.get(key);
          if (value != null && !values.contains(value)) {
            throw notDit(key, value, values.get(0).toString());
          }
        });
    for (String key : ABSENT) {
      if (config.get(key) != null) {
        throw notDit(key, config.get(key), "null");
      }
    }
  }

  private static IllegalArgumentException notDit(String key, Object value, String expected) {
    return new IllegalArgumentException(
        String.format(
            "config.json's %s is %s, so that the model is no DiT; expected %s",
            key, value, expected));
  }

  private int integer(String key) {
    if (config.get(key) instanceof Number number && number.doubleValue() == number.intValue()) {
      return number.intValue();
    }
    throw new IllegalArgumentException(
        String.format(
            "config.json's %s is %s; expected a whole number, as diffusers saves it for a DiT",
            key, config.get(key)));
  }
}
