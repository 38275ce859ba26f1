package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {
  /** The configuration's file name in a diffusers directory. */
  public static final String CONFIG = "config.json";

  private static final int MAX_JSON = 16 << 20;
  private static final String LFS_POINTER = "version https://git-lfs";

  private Checkpoints() {}

  /**
   * Opens a checkpoint. The content decides the format, not the name; weights are mapped, not
   * loaded.
   *
   * <ul>
   *   <li>a PyTorch archive ({@code torch.save} since 1.6): a training checkpoint with weights, a
   *       moving average and arguments under any of the usual keys, or a bare state dict
   *   <li>a safetensors file
   *   <li>the {@code *.index.json} of a sharded checkpoint of either kind
   *   <li>a directory as diffusers saves it: {@code config.json} and weights of any of these
   * </ul>
   *
   * <p>The arguments are the training script's, or the {@code config.json} of diffusers beside the
   * weights.
   *
   * @throws CheckpointException if the checkpoint is missing, damaged, in another format, or holds
   *     what is not data
   */
  public static Checkpoint open(Path path) throws CheckpointException {
    return open(path, WeightSet.DENOISERS);
  }

  /** The same for the decoder's weights, where a file has several networks. */
  public static Checkpoint openDecoder(Path path) throws CheckpointException {
    return open(path, WeightSet.DECODERS);
  }

  private static Checkpoint open(Path path, List<String> anchors) throws CheckpointException {
    Path file = Files.isDirectory(path) ? weightsIn(path) : path;
    if (!Files.isRegularFile(file)) {
      throw new CheckpointException("there is no checkpoint at %s".formatted(path));
    }
    Checkpoint read = read(FileBytes.map(file), file, anchors);
    Map<String, Object> args = read.args();
    Path configFile = file.resolveSibling(CONFIG);
    if (Files.isRegularFile(configFile)) {
      Map<String, Object> config = CheckpointJson.plain(json(FileBytes.map(configFile)));
      boolean applies = Files.isDirectory(path) || config.containsKey("_class_name");
      args = applies && args.isEmpty() ? config : args;
    }
    return new Checkpoint(read.model(), read.ema(), args, read.sha256(), path, read.contents());
  }

  private static Path weightsIn(Path directory) throws CheckpointException {
    Optional<Path> weights = weights(directory);
    if (weights.isPresent()) {
      return weights.get();
    }
    String hint =
        Files.isDirectory(directory.resolve("vae"))
            ? "; it is a whole pipeline: give its 'vae' directory, or its 'transformer'"
            : "";
    throw new CheckpointException(
        "%s has no weights: expected %s%s".formatted(directory, WeightFiles.expected(), hint));
  }

  /** The file of the weights in a directory as diffusers saves it. */
  public static Optional<Path> weights(Path directory) {
    return WeightFiles.in(directory);
  }

  /**
   * Reads the content of one file.
   *
   * @param path the file, beside which the shards of an index are
   */
  static Checkpoint read(FileBytes file, Path path) throws CheckpointException {
    return read(file, path, WeightSet.DENOISERS);
  }

  private static Checkpoint read(FileBytes file, Path path, List<String> anchors)
      throws CheckpointException {
    if (TorchArchive.isZip(file)) {
      return TorchArchive.read(file, path, anchors);
    } else if (Safetensors.isSafetensors(file)) {
      return flat(Safetensors.read(file), List.of(file), path, anchors);
    } else if (TorchArchive.isPickle(file)) {
      throw TorchArchive.refusal(file);
    } else if (file.size() > 0 && file.copy(0, 1).get() == '{') {
      JsonNode json = json(file);
      if (ShardIndex.isIndex(json)) {
        return ShardIndex.read(path, json, anchors);
      }
    }
    throw unknown(file);
  }

  /** A checkpoint that has nothing but named tensors. */
  static Checkpoint flat(
      List<Tensor> tensors, List<FileBytes> files, Path path, List<String> anchors)
      throws CheckpointException {
    Map<String, Object> named = new LinkedHashMap<>();
    Map<String, Tensor> all = new LinkedHashMap<>();
    tensors.forEach(tensor -> named.put(tensor.name(), tensor));
    tensors.forEach(tensor -> all.put(tensor.name(), tensor));
    CheckpointBuilder builder = new CheckpointBuilder();
    builder.add(WeightSet.find("", named, anchors));
    if (builder.isEmpty()) {
      builder.add(List.of(new WeightSet("", all, Map.of())));
    }
    return builder.build(Map.of(), FileBytes.sha256(files), path);
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
