package io.digflink.export.arch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A named model size.
 *
 * @param name short name, {@code DiG-S/2}
 * @param officialNames its names in the official code
 * @param architecture {@code DiG}, {@code DiT} or {@code DiS}
 * @param arguments constructor arguments
 */
public record Preset(
    String name, List<String> officialNames, String architecture, Map<String, Object> arguments) {

  private static final List<Preset> ALL =
      List.of(
          dig("DiG-S/2", "DiG-S/2-bid-layer-dwconv-qdir", 12, 384, 6, false),
          dig("DiG-S/2-skip", "DiG-S/2-bid-layer-dwconv-qdir-skip", 12, 384, 6, true),
          dig("DiG-B/2", "DiG-B/2-bid-layer-dwconv-qdir", 12, 768, 12, false),
          dig("DiG-L/2", "DiG-L/2-bid-layer-dwconv-qdir", 24, 1024, 16, false),
          dig("DiG-XL/2", "DiG-XL/2-bid-layer-dwconv-qdir-head18", 28, 1152, 18, false),
          dig("DiG-XL/2-skip", "DiG-XL/2-bid-layer-dwconv-qdir-head18-skip", 28, 1152, 18, true),
          dit("DiT-S/2", 12, 384, 6, 2),
          dit("DiT-S/4", 12, 384, 6, 4),
          dit("DiT-S/8", 12, 384, 6, 8),
          dit("DiT-B/2", 12, 768, 12, 2),
          dit("DiT-B/4", 12, 768, 12, 4),
          dit("DiT-B/8", 12, 768, 12, 8),
          dit("DiT-L/2", 24, 1024, 16, 2),
          dit("DiT-L/4", 24, 1024, 16, 4),
          dit("DiT-L/8", 24, 1024, 16, 8),
          dit("DiT-XL/2", 28, 1152, 16, 2),
          dit("DiT-XL/4", 28, 1152, 16, 4),
          dit("DiT-XL/8", 28, 1152, 16, 8),
          dis("DiS-S/2", 24, 368, 2),
          dis("DiS-S/4", 24, 368, 4),
          dis("DiS-B/2", 24, 768, 2),
          dis("DiS-B/4", 24, 768, 4),
          dis("DiS-M/2", 48, 768, 2),
          dis("DiS-M/4", 48, 768, 4),
          dis("DiS-L/2", 48, 1024, 2),
          dis("DiS-L/4", 48, 1024, 4),
          dis("DiS-H/2", 48, 1536, 2),
          dis("DiS-H/4", 48, 1536, 4));

  public Preset {
    officialNames = List.copyOf(officialNames);
    arguments = Map.copyOf(arguments);
  }

  /** All presets. */
  public static List<Preset> all() {
    return ALL;
  }

  /**
   * The preset of this short or official name.
   *
   * @throws IllegalArgumentException listing the presets if none has this name
   */
  public static Preset named(String name) {
    return ALL.stream()
        .filter(preset -> preset.name.equals(name) || preset.officialNames.contains(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        "There is no model \"%s\"; expected one of %s (or the official names), or"
                            + " give --config with the constructor's arguments",
                        name, ALL.stream().map(Preset::name).collect(Collectors.joining(", ")))));
  }

  /** The preset of exactly this size, whatever the input size and number of classes. */
  public static Optional<Preset> matching(DenoiserConfig config) {
    return ALL.stream()
        .filter(preset -> preset.architecture.equals(config.architecture()))
        // The input size must be a multiple of the preset's own patch size for it to be a match.
        .filter(preset -> Objects.equals(preset.arguments.get("patch_size"), config.patchSize()))
        .filter(preset -> preset.config(config.freeArguments()).equals(config))
        .findFirst();
  }

  /** The preset's configuration with further arguments, which override the preset's. */
  public DenoiserConfig config(Map<String, Object> further) {
    Map<String, Object> all = new LinkedHashMap<>(arguments);
    all.putAll(further);
    return config(architecture, all);
  }

  /** The configuration of an architecture. */
  public static DenoiserConfig config(String architecture, Map<String, Object> arguments) {
    return switch (architecture) {
      case "DiG" -> DigConfig.of(arguments);
      case "DiT" -> DitConfig.of(arguments);
      case "DiS" -> DisConfig.of(arguments);
      default ->
          throw new IllegalArgumentException(
              String.format("The architecture is \"%s\"; expected DiG, DiT or DiS", architecture));
    };
  }

  private static Preset dig(
      String name, String officialName, int depth, int hiddenSize, int heads, boolean skip) {
    // Zero-initialised skips matter only in training.
    List<String> officialNames =
        skip ? List.of(officialName, officialName + "zero") : List.of(officialName);
    return new Preset(
        name,
        officialNames,
        "DiG",
        Map.of(
            "depth",
            depth,
            "hidden_size",
            hiddenSize,
            "num_heads",
            heads,
            "patch_size",
            2,
            "bid_mode",
            "layer",
            "if_dw_conv",
            true,
            "if_quad_dir",
            true,
            "if_skip",
            skip));
  }

  private static Preset dit(String name, int depth, int hiddenSize, int heads, int patchSize) {
    return new Preset(
        name,
        List.of(name),
        "DiT",
        Map.of(
            "depth", depth,
            "hidden_size", hiddenSize,
            "num_heads", heads,
            "patch_size", patchSize));
  }

  private static Preset dis(String name, int depth, int width, int patchSize) {
    return new Preset(
        name,
        List.of(name),
        "DiS",
        Map.of("depth", depth, "embed_dim", width, "patch_size", patchSize));
  }
}
