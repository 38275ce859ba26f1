package io.digflink.export.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The contents of a checkpoint.
 *
 * @param model the weights as trained
 * @param ema their exponential moving average, if the training script saved one
 * @param args the training script's arguments (from {@code args}), or the {@code config.json}
 *     beside the weights; empty if there is neither. Values are {@code null}, {@link Boolean},
 *     {@link Long}, {@link Double}, {@link String}, {@link java.util.List} and {@link Map}
 * @param sha256 lower-case hex digest of the file, or of the concatenated shards in the order of
 *     their names
 * @param source the file or directory that was opened
 */
public record Checkpoint(
    StateDict model,
    Optional<StateDict> ema,
    Map<String, Object> args,
    String sha256,
    Path source) {
  public Checkpoint {
    args = Collections.unmodifiableMap(new LinkedHashMap<>(args));
  }
}
