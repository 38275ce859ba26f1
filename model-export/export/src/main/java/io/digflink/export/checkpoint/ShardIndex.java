package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A checkpoint split over several files, safetensors or archives of {@code torch.save}, with an
 * index from tensors to files.
 */
final class ShardIndex {
  private static final String WEIGHT_MAP = "weight_map";
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  private final Path index;
  private final Map<String, String> shardOf = new HashMap<>();
  private final Map<String, FileBytes> shards = new TreeMap<>();

  private ShardIndex(Path index) {
    this.index = index;
  }

  /** Whether this JSON is an index rather than a configuration. */
  static boolean isIndex(JsonNode json) {
    return json.path(WEIGHT_MAP).isObject();
  }

  static Checkpoint read(Path index, JsonNode json, List<String> anchors)
      throws CheckpointException {
    ShardIndex reader = new ShardIndex(index);
    reader.mapShards(json.get(WEIGHT_MAP));
    return Checkpoints.flat(reader.tensors(), List.copyOf(reader.shards.values()), index, anchors);
  }

  private void mapShards(JsonNode weightMap) throws CheckpointException {
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      String shard = entry.getValue().asText();
      if (!FILE_NAME.matcher(shard).matches()) {
        throw new CheckpointException(
            "%s: tensor '%s' is said to be in '%s', which is not a plain file name"
                .formatted(index, entry.getKey(), shard));
      }
      shardOf.put(entry.getKey(), shard);
      if (!shards.containsKey(shard)) {
        Path path = index.resolveSibling(shard);
        if (!Files.isRegularFile(path)) {
          throw new CheckpointException(
              "%s names the shard %s, which is not beside it; fetch all shards"
                  .formatted(index, shard));
        }
        shards.put(shard, FileBytes.map(path));
      }
    }
  }

  private List<Tensor> tensors() throws CheckpointException {
    List<Tensor> tensors = new ArrayList<>();
    for (Map.Entry<String, FileBytes> shard : shards.entrySet()) {
      for (Tensor tensor : tensors(shard.getValue())) {
        if (!shard.getKey().equals(shardOf.remove(tensor.name()))) {
          throw new CheckpointException(
              "%s does not say that tensor '%s' is in %s, but it is: index and shards belong to"
                      .formatted(index, tensor.name(), shard.getKey())
                  + " different checkpoints");
        }
        tensors.add(tensor);
      }
    }
    for (Map.Entry<String, String> missing : shardOf.entrySet()) {
      throw new CheckpointException(
          "%s says that tensor '%s' is in %s, but it is not: index and shards belong to different"
                  .formatted(index, missing.getKey(), missing.getValue())
              + " checkpoints");
    }
    return tensors;
  }

  private static List<Tensor> tensors(FileBytes shard) throws CheckpointException {
    return TorchArchive.isZip(shard) ? TorchArchive.shard(shard) : Safetensors.read(shard);
  }
}
