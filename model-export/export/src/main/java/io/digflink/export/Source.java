package io.digflink.export;

import io.digflink.bundle.ModelManifest;
import io.digflink.export.checkpoint.Checkpoint;
import io.digflink.export.checkpoint.CheckpointException;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a bundle is made of, besides the request's own options.
 *
 * @param dict the denoiser's weights, or empty if they are random
 * @param args arguments of the training script, or diffusers' configuration
 * @param sha256 digest of the checkpoint, or null
 * @param description which weights they are
 * @param vae the decoder
 * @param classNames a name for each class, or empty
 * @param schedule the noise schedule of the training
 */
record Source(
    Optional<StateDict> dict,
    Map<String, Object> args,
    String sha256,
    String description,
    Optional<Path> vae,
    List<String> classNames,
    ModelManifest.Schedule schedule) {
  /** That of the official training scripts. */
  private static final ModelManifest.Schedule LINEAR =
      new ModelManifest.Schedule("linear", 1000, 0.0001, 0.02);

  private static final int LISTED = 8;

  /**
   * Opens the request's checkpoint.
   *
   * @param progress receives what was found, what is taken and what is ignored
   */
  static Source open(ExportRequest request, Consumer<String> progress) throws IOException {
    if (request.checkpoint().isEmpty()) {
      String random = "random, seed " + request.seed().getAsLong();
      return new Source(
          Optional.empty(), Map.of(), null, random, request.vae(), request.classNames(), LINEAR);
    }
    Path path = request.checkpoint().get();
    Optional<Pipeline> pipeline = Pipeline.at(path);
    Path denoiser = pipeline.map(Pipeline::transformer).orElse(path);
    progress.accept("Reading " + denoiser);
    Checkpoint checkpoint = Checkpoints.open(denoiser);
    boolean ema = choose(request.weights(), checkpoint, path, progress);
    List<String> names = request.classNames();
    return new Source(
        Optional.of(ema ? checkpoint.ema().get() : checkpoint.model()),
        checkpoint.args(),
        checkpoint.sha256(),
        ema ? "ema" : "model",
        request.vae().or(() -> pipeline.flatMap(Pipeline::vae)),
        names.isEmpty() ? pipeline.map(Pipeline::classNames).orElse(names) : names,
        pipeline.flatMap(Pipeline::schedule).orElse(LINEAR));
  }

  /** Whether to take the moving average. */
  private static boolean choose(
      ExportRequest.WeightChoice choice,
      Checkpoint checkpoint,
      Path path,
      Consumer<String> progress)
      throws CheckpointException {
    Checkpoint.Contents contents = checkpoint.contents();
    boolean ema =
        switch (choice) {
          case BEST -> checkpoint.ema().isPresent();
          case EMA -> true;
          case MODEL -> false;
        };
    if (ema && checkpoint.ema().isEmpty()) {
      throw new CheckpointException(
          path
              + " has no moving average of the weights"
              + contents.emaProblem().map(problem -> " that can be taken: " + problem).orElse("")
              + "; give --weights model");
    }
    if (!ema && contents.modelProblem().isPresent()) {
      throw new CheckpointException(path + ": " + contents.modelProblem().get());
    }
    if (!ema) {
      contents
          .emaProblem()
          .ifPresent(problem -> progress.accept("Ignoring a moving average: " + problem));
    }
    String taken = ema ? contents.ema().get() : contents.model();
    String other = ema ? contents.model() : contents.ema().orElse(taken);
    progress.accept(
        (ema ? "Taking the moving average (" : "Taking the weights as trained (")
            + taken
            + ")"
            + (other.equals(taken) ? "" : "; not taken: " + other));
    List<String> ignored = contents.ignored();
    if (!ignored.isEmpty()) {
      progress.accept(
          "Ignored: "
              + String.join("; ", ignored.subList(0, Math.min(LISTED, ignored.size())))
              + (ignored.size() > LISTED ? "; … " + (ignored.size() - LISTED) + " more" : ""));
    }
    return ema;
  }
}
