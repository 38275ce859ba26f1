package io.digflink.export.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint holds.
 *
 * @param model the weights as trained
 * @param ema their exponential moving average, where the training script saved one
 * @param args what the training script was called with (from {@code args}), or the {@code
 *     config.json} beside the weights; empty where there is none. Values are {@code null}, {@link
 *     Boolean}, {@link Long}, {@link Double}, {@link String}, {@link java.util.List} and {@link
 *     Map}
 * @param sha256 lower-case hex digest of the file; of the concatenated shards, in order of their
 *     names, where there are several
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
