package io.digflink.export.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Names of the files with weights in a directory of diffusers, transformers or accelerate. */
final class WeightFiles {
  private static final List<String> STEMS =
      List.of("diffusion_pytorch_model", "model", "pytorch_model");
  private static final List<String> VARIANTS = List.of("", ".fp16", ".bf16", ".fp32");

  /** Where {@code %s} stands for the variant. */
  private static final List<String> ENDINGS =
      List.of(
          "%s.safetensors",
          ".safetensors.index%s.json",
          "%s.safetensors.index.json",
          "%s.bin",
          ".bin.index%s.json",
          "%s.bin.index.json");

  private WeightFiles() {}

  /** The file to read: without a variant before those with one. */
  static Optional<Path> in(Path directory) {
    return names().stream().map(directory::resolve).filter(Files::isRegularFile).findFirst();
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (String variant : VARIANTS) {
      for (String stem : STEMS) {
        for (String ending : ENDINGS) {
          names.add(stem + ending.formatted(variant));
        }
      }
    }
    return names;
  }

  /** What names are expected, for messages. */
  static String expected() {
    return "one of [diffusion_pytorch_model.safetensors, diffusion_pytorch_model.bin,"
        + " model.safetensors, pytorch_model.bin], also with .fp16 or .bf16 before the ending, or an"
        + " index of shards (….safetensors.index.json, ….bin.index.json)";
  }
}
