package io.digflink.export;

import io.digflink.export.arch.DenoiserConfig;
import io.digflink.export.arch.Preset;
import io.digflink.export.checkpoint.StateDict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Finds out which model a checkpoint belongs to. */
final class ModelSelection {
  /** Image pixels per latent cell in the official training scripts. */
  static final int TRAINING_SCALE = 8;

  private static final String ARCHITECTURE = "architecture";

  private ModelSelection() {}

  /**
   * The configuration of a model. Explicit options win: {@code --config} over {@code --model}, and
   * both over the arguments of the training script. Input size and number of classes come from the
   * checkpoint if nothing else gives them.
   *
   * @param model {@code --model}
   * @param config {@code --config}: the official constructor's arguments, and optionally {@code
   *     architecture}
   * @param args the arguments of the training script, or empty
   * @param dict the weights, or empty if they are random
   */
  static DenoiserConfig select(
      Optional<String> model,
      Optional<Map<String, Object>> config,
      Map<String, Object> args,
      Optional<StateDict> dict) {
    Optional<Preset> preset = model.map(Preset::named);
    if (preset.isEmpty() && config.isEmpty()) {
      preset = Optional.of(presetOf(args));
    }
    Map<String, Object> explicit = new LinkedHashMap<>(config.orElse(Map.of()));
    String architecture =
        architecture(preset, Optional.ofNullable(explicit.remove(ARCHITECTURE)), dict);
    Map<String, Object> arguments = new LinkedHashMap<>();
    preset.ifPresent(found -> arguments.putAll(found.arguments()));
    dict.ifPresent(found -> inferSizes(found, arguments, explicit));
    addTrainingSizes(args, arguments);
    arguments.putAll(explicit);
    return Preset.config(architecture, arguments);
  }

  private static Preset presetOf(Map<String, Object> args) {
    if (args.get("model") instanceof String name) {
      return Preset.named(name);
    }
    throw new IllegalArgumentException(
        "The checkpoint does not say which model it belongs to (it has no args.model): give --model"
            + " with a preset's name, DiG-S/2, or --config with the constructor's arguments");
  }

  private static String architecture(
      Optional<Preset> preset, Optional<Object> named, Optional<StateDict> dict) {
    if (named.isPresent()) {
      return named.get().toString();
    }
    if (preset.isPresent()) {
      return preset.get().architecture();
    }
    return dict.isPresent() && dict.get().contains("blocks.0.attn.qkv.weight") ? "DiT" : "DiG";
  }

  private static void addTrainingSizes(Map<String, Object> args, Map<String, Object> arguments) {
    if (args.get("image_size") instanceof Number imageSize) {
      arguments.put("input_size", imageSize.intValue() / TRAINING_SCALE);
    }
    if (args.get("num_classes") instanceof Number classes) {
      arguments.put("num_classes", classes.intValue());
    }
  }

  private static void inferSizes(
      StateDict dict, Map<String, Object> arguments, Map<String, Object> explicit) {
    if (dict.contains("pos_embed") && dict.get("pos_embed").shape().length == 3) {
      Object patch = explicit.getOrDefault("patch_size", arguments.getOrDefault("patch_size", 2));
      long tokens = dict.get("pos_embed").shape()[1];
      int side = (int) Math.round(Math.sqrt(tokens));
      if ((long) side * side == tokens && patch instanceof Number cells) {
        arguments.put("input_size", side * cells.intValue());
      }
    }
    String table = "y_embedder.embedding_table.weight";
    if (!dict.contains(table)) {
      arguments.put("num_classes", 0);
    } else if (dict.get(table).shape().length == 2) {
      Object dropout = explicit.getOrDefault("class_dropout_prob", 0.1);
      long nulls = dropout instanceof Number value && value.doubleValue() == 0 ? 0 : 1;
      arguments.put("num_classes", Math.toIntExact(dict.get(table).shape()[0] - nulls));
    }
  }
}
