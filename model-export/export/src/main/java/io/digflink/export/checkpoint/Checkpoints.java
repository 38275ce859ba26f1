package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {
  /** The configuration's file name in a diffusers directory. */
  public static final String CONFIG = "config.json";

  /** File names of weights in a diffusers or transformers directory; the first one found wins. */
  private static final List<String> WEIGHTS =
      List.of(
          "diffusion_pytorch_model.safetensors",
          "diffusion_pytorch_model.safetensors.index.json",
          "diffusion_pytorch_model.bin",
          "model.safetensors",
          "model.safetensors.index.json");

  private static final int MAX_JSON = 16 << 20;
  private static final String LFS_POINTER = "version https://git-lfs";

  private Checkpoints() {}

  /**
   * Opens a checkpoint. The content decides the format, not the name; weights are mapped, not
   * loaded.
   *
   * <ul>
   *   <li>a PyTorch archive ({@code torch.save} since 1.6): the official training script's {@code
   *       model}, {@code ema}, {@code args}, or a bare state dict
   *   <li>a safetensors file, or the {@code *.safetensors.index.json} of a sharded one
   *   <li>a directory as diffusers saves it: {@code config.json} and weights in either format
   * </ul>
   *
   * @throws CheckpointException if the checkpoint is missing, damaged, in another format, or holds
   *     anything but data
   */
  public static Checkpoint open(Path path) throws CheckpointException {
    if (Files.isDirectory(path)) {
      return openDirectory(path);
    }
    if (!Files.isRegularFile(path)) {
      throw new CheckpointException("there is no checkpoint at %s".formatted(path));
    }
    return read(FileBytes.map(path), path);
  }

  private static Checkpoint openDirectory(Path directory) throws CheckpointException {
    Map<String, Object> config = Map.of();
    Path configFile = directory.resolve(CONFIG);
    if (Files.isRegularFile(configFile)) {
      config = CheckpointJson.plain(json(FileBytes.map(configFile)));
    }
    Optional<Path> weights = weights(directory);
    if (weights.isPresent()) {
      Checkpoint read = read(FileBytes.map(weights.get()), weights.get());
      return new Checkpoint(read.model(), read.ema(), config, read.sha256(), directory);
    }
    String hint =
        Files.isDirectory(directory.resolve("vae"))
            ? "; it is a whole pipeline: give its 'vae' directory"
            : "";
    throw new CheckpointException(
        "%s has no weights: expected one of %s%s".formatted(directory, WEIGHTS, hint));
  }

  /** The file of the weights in a directory as diffusers saves it. */
  public static Optional<Path> weights(Path directory) {
    return WEIGHTS.stream().map(directory::resolve).filter(Files::isRegularFile).findFirst();
  }

  /**
   * Reads the content of one file.
   *
   * @param path the file, beside which the shards of an index are
   */
  static Checkpoint read(FileBytes file, Path path) throws CheckpointException {
    if (TorchArchive.isZip(file)) {
      return TorchArchive.read(file, path);
    } else if (Safetensors.isSafetensors(file)) {
      StateDict model = StateDict.of(Safetensors.read(file));
      String sha256 = FileBytes.sha256(List.of(file));
      return new Checkpoint(model, Optional.empty(), Map.of(), sha256, path);
    } else if (TorchArchive.isPickle(file)) {
      throw TorchArchive.refusal(file);
    } else if (file.size() > 0 && file.copy(0, 1).get() == '{') {
      JsonNode json = json(file);
      if (ShardIndex.isIndex(json)) {
        return ShardIndex.read(path, json);
      }
    }
    throw unknown(file);
  }

  private static JsonNode json(FileBytes file) throws CheckpointException {
    if (file.size() > MAX_JSON) {
      throw new CheckpointException(
          "%s has %d bytes; at most %d of JSON are read"
              .formatted(file.label(), file.size(), MAX_JSON));
    }
    return CheckpointJson.object(file.label(), file.copy(0, (int) file.size()).array());
  }

  private static CheckpointException unknown(FileBytes file) {
    int length = (int) Math.min(file.size(), LFS_POINTER.length());
    String start = StandardCharsets.ISO_8859_1.decode(file.copy(0, length)).toString();
    String hint =
        start.equals(LFS_POINTER)
            ? "; it is a Git LFS pointer: run 'git lfs pull' to fetch the file it stands for"
            : "";
    return new CheckpointException(
        "%s (%d bytes) is not a checkpoint: expected the zip archive of torch.save,"
                .formatted(file.label(), file.size())
            + " a safetensors file, or the index of a sharded one"
            + hint);
  }
}
