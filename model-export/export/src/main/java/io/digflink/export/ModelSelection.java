package io.digflink.export;

import io.digflink.export.arch.DenoiserConfig;
import io.digflink.export.arch.Preset;
import io.digflink.export.checkpoint.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Finds out which model a checkpoint belongs to. */
final class ModelSelection {
  /** Image pixels per latent cell in the official training scripts. */
  static final int TRAINING_SCALE = 8;

  private static final String ARCHITECTURE = "architecture";
  private static final String CLASSES = "num_classes";
  private static final String DROPOUT = "class_dropout_prob";

  /** The official constructors' default number of classes. */
  private static final int IMAGENET = 1000;

  /** What of a DiG no tensor shows and is seldom changed, with the official defaults. */
  private static final Map<String, Object> UNSEEN =
      Map.of("bid_mode", "layer", "hidden_act", "swish", "if_in_block_conv", false);

  private final Map<String, Object> args;
  private final Optional<StateDict> dict;
  private final Consumer<String> progress;

  /**
   * @param args the arguments of the training script or diffusers' {@code config.json}, or empty
   * @param dict the weights, or empty if they are random
   * @param progress receives a line for each assumption
   */
  ModelSelection(Map<String, Object> args, Optional<StateDict> dict, Consumer<String> progress) {
    this.args = args;
    this.dict = dict;
    this.progress = progress;
  }

  /**
   * The configuration of the model. Explicit options win: {@code --config} over {@code --model},
   * and both over the rest. Sizes come from the tensors before the arguments of the training
   * script.
   *
   * @param model {@code --model}
   * @param config {@code --config}: the official constructor's arguments, and optionally {@code
   *     architecture}
   * @throws IllegalArgumentException if the model is not known, or an argument that no tensor shows
   */
  DenoiserConfig select(Optional<String> model, Optional<Map<String, Object>> config) {
    Optional<Preset> preset = model.map(Preset::named);
    Map<String, Object> explicit = new LinkedHashMap<>(config.orElse(Map.of()));
    Optional<Object> named = Optional.ofNullable(explicit.remove(ARCHITECTURE));
    Map<String, Object> arguments = new LinkedHashMap<>();
    if (dict.isPresent() && DiffusersDit.isConfig(args)) {
      arguments.putAll(DiffusersDit.arguments(args, dict.get()));
      preset.ifPresent(found -> requireSame(found, arguments));
      named = Optional.of(named.orElse("DiT"));
    } else {
      if (preset.isEmpty() && config.isEmpty()) {
        preset = Optional.of(presetOfArgs());
      }
      addSizes(preset, explicit, arguments);
    }
    String architecture = architecture(preset, named);
    preset.ifPresent(found -> arguments.putAll(found.arguments()));
    arguments.putAll(explicit);
    if (dict.isPresent()) {
      requireArchitecture(architecture, dict.get());
      requireUnseen(architecture, arguments);
    }
    return Preset.config(architecture, arguments);
  }

  private Preset presetOfArgs() {
    if (args.get("model") instanceof String name) {
      return Preset.named(name);
    }
    String hint = dict.map(ModelSelection::presetOfSizes).orElse("");
    throw new IllegalArgumentException(
        "The checkpoint does not say which model it belongs to (it has no args.model"
            + (dict.isPresent() ? ", and no config.json of diffusers is beside it" : "")
            + "): give --model with a preset's name, "
            + (hint.isEmpty() ? "DiG-S/2" : hint + ", whose sizes its tensors have")
            + ", or --config with the constructor's arguments");
  }

  /** The name of the preset that has the sizes of the tensors, or an empty string. */
  private static String presetOfSizes(StateDict dict) {
    Map<String, Object> sizes = TensorSizes.of(dict, 0);
    String architecture = TensorSizes.architecture(dict).orElse("DiG");
    return Preset.all().stream()
        .filter(preset -> preset.architecture().equals(architecture))
        .filter(
            preset ->
                List.of("depth", "hidden_size", "embed_dim", "patch_size").stream()
                    .allMatch(key -> Objects.equals(preset.arguments().get(key), sizes.get(key))))
        .filter(
            preset ->
                sizes.containsKey("if_skip")
                    == Boolean.TRUE.equals(preset.arguments().get("if_skip")))
        .map(Preset::name)
        .findFirst()
        .orElse("");
  }

  private String architecture(Optional<Preset> preset, Optional<Object> named) {
    if (named.isPresent()) {
      return named.get().toString();
    }
    if (preset.isPresent()) {
      return preset.get().architecture();
    }
    return dict.flatMap(TensorSizes::architecture).orElse("DiG");
  }

  private static void requireSame(Preset preset, Map<String, Object> arguments) {
    List<String> differences = new ArrayList<>();
    preset
        .arguments()
        .forEach(
            (key, value) -> {
              if (!value.equals(arguments.get(key))) {
                differences.add(
                    String.format("its %s is %s, not %s", key, arguments.get(key), value));
              }
            });
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              "By its config.json the model is not %s: %s. Leave --model out",
              preset.name(), String.join(", ", differences)));
    }
  }

  /** Adds what the tensors show, and what the training script says of the rest. */
  private void addSizes(
      Optional<Preset> preset, Map<String, Object> explicit, Map<String, Object> arguments) {
    if (dict.isEmpty()) {
      return;
    }
    Object patch =
        explicit.getOrDefault(
            "patch_size", preset.map(found -> found.arguments().get("patch_size")).orElse(0));
    arguments.putAll(
        TensorSizes.of(dict.get(), patch instanceof Number cells ? cells.intValue() : 0));
    if (!TensorSizes.areOfDis(dict.get())
        && !arguments.containsKey("input_size")
        && !explicit.containsKey("input_size")) {
      addInputSize(arguments);
    }
    OptionalInt rows = TensorSizes.labelRows(dict.get());
    if (rows.isPresent()) {
      addClasses(rows.getAsInt(), explicit, arguments);
    }
  }

  /** Latents of 3 channels are the image's own pixels. */
  private void addInputSize(Map<String, Object> arguments) {
    if (args.get("image_size") instanceof Number imageSize) {
      boolean pixels = Integer.valueOf(3).equals(arguments.get("in_channels"));
      arguments.put("input_size", imageSize.intValue() / (pixels ? 1 : TRAINING_SCALE));
    } else {
      progress.accept(
          "Assumed: input_size 32, since the checkpoint has no position embedding and no"
              + " image_size; change it with \"input_size\" in --config");
    }
  }

  private void addClasses(int rows, Map<String, Object> explicit, Map<String, Object> arguments) {
    Object classes = explicit.getOrDefault(CLASSES, args.get(CLASSES));
    boolean all = classes instanceof Number count && count.intValue() == rows;
    boolean allButNull =
        (classes == null ? IMAGENET : classes) instanceof Number count
            && count.intValue() == rows - 1;
    if (explicit.get(DROPOUT) instanceof Number dropout) {
      arguments.put(CLASSES, rows - (dropout.doubleValue() == 0 ? 0 : 1));
    } else if (all) {
      arguments.put(CLASSES, rows);
      arguments.put(DROPOUT, 0.0);
      progress.accept(
          String.format(
              "Assumed: no null class, since the label table has one row for each of the %d"
                  + " classes; guidance will not work",
              rows));
    } else {
      arguments.put(CLASSES, rows - 1);
      if (!allButNull) {
        progress.accept(
            String.format(
                "Assumed: %d classes and the null class, from the %d rows of the label table; if it"
                    + " has no null class, set \"class_dropout_prob\": 0 in --config",
                rows - 1, rows));
      }
    }
  }

  private static void requireArchitecture(String architecture, StateDict dict) {
    Optional<String> seen = TensorSizes.architecture(dict);
    if (seen.isPresent()
        && List.of("DiG", "DiT", "DiS").contains(architecture)
        && !architecture.equals(seen.get())) {
      throw new IllegalArgumentException(
          String.format(
              "The checkpoint's tensors are those of a %s, but --model or --config says %s: name the"
                  + " model that was trained",
              seen.get(), architecture));
    }
  }

  /** Asks for what makes a wrong image of the right shape. */
  private void requireUnseen(String architecture, Map<String, Object> arguments) {
    if (architecture.equals("DiS")) {
      return;
    }
    String asked = architecture.equals("DiT") ? "num_heads" : "if_quad_dir";
    if (arguments.get(asked) == null) {
      throw new IllegalArgumentException(
          String.format(
              "%s cannot be seen in a %s's tensors, and with a wrong value every image is wrong:"
                  + " add \"%s\" to --config%s",
              asked,
              architecture,
              asked,
              architecture.equals("DiT")
                  ? " (16 in DiT-XL/2, 6 in DiT-S/2)"
                  : " (true in models named …-qdir, otherwise false)"));
    }
    List<String> assumed = new ArrayList<>();
    UNSEEN.forEach(
        (key, value) -> {
          boolean matters =
              !key.equals("if_in_block_conv") || Boolean.TRUE.equals(arguments.get("if_dw_conv"));
          if (architecture.equals("DiG") && arguments.get(key) == null && matters) {
            assumed.add(key + " " + value);
          }
        });
    if (!assumed.isEmpty() && !(args.get("model") instanceof String)) {
      assumed.sort(null);
      progress.accept(
          "Assumed: " + String.join(", ", assumed) + "; no tensor shows it, change it in --config");
    }
  }
}
