package io.digflink.export.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param contents where the weights were, and what else was there
 */
public record Checkpoint(
    StateDict model,
    Optional<StateDict> ema,
    Map<String, Object> args,
    String sha256,
    Path source,
    Contents contents) {
  /**
   * What a checkpoint consists of, for messages.
   *
   * @param model place of the weights as trained, with their number
   * @param ema place of their moving average, with its number
   * @param ignored what is not weights, or is not taken
   * @param modelProblem why {@code model} is not what was trained but the moving average
   * @param emaProblem why a moving average that is there cannot be taken
   */
  public record Contents(
      String model,
      Optional<String> ema,
      List<String> ignored,
      Optional<String> modelProblem,
      Optional<String> emaProblem) {
    public Contents {
      ignored = List.copyOf(ignored);
    }
  }

  public Checkpoint {
    args = Collections.unmodifiableMap(new LinkedHashMap<>(args));
  }
}
