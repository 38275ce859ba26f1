package io.digflink.export;

import io.digflink.bundle.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to be exported.
 *
 * @param checkpoint the denoiser's checkpoint, or the directory of a whole pipeline; empty if and
 *     only if a seed is given
 * @param seed seed of the random weights
 * @param vae an AutoencoderKL; if empty, the pipeline's own
 * @param out directory of the bundle
 * @param name name of the model; if empty, the directory's name
 * @param weights which of the checkpoint's weights to export
 * @param model a preset's name; if empty, the checkpoint's own
 * @param config constructor arguments, which override the preset's
 * @param precision number format of the graphs
 * @param size the only image size, or empty for any
 * @param classNames a name for each class; if empty, the pipeline's own
 * @param force whether to replace an existing bundle
 */
public record ExportRequest(
    Optional<Path> checkpoint,
    OptionalLong seed,
    Optional<Path> vae,
    Path out,
    Optional<String> name,
    WeightChoice weights,
    Optional<String> model,
    Optional<Map<String, Object>> config,
    Precision precision,
    Optional<ImageSize> size,
    List<String> classNames,
    boolean force) {

  public ExportRequest {
    classNames = List.copyOf(classNames);
    if (checkpoint.isPresent() == seed.isPresent()) {
      throw new IllegalArgumentException(
          "Give either a checkpoint or --random-weights SEED"
              + (seed.isPresent() ? ", not both" : ""));
    }
  }

  /** Which weights of a checkpoint to take. */
  public enum WeightChoice {
    /** The moving average if there is one, otherwise the weights as trained. */
    BEST,
    /** The exponential moving average. */
    EMA,
    /** The weights as trained. */
    MODEL
  }
}
