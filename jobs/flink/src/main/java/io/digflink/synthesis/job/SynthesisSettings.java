package io.digflink.synthesis.job;

import io.digflink.jobs.admit.Limits;
import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.plan.TopicPlan;
import java.util.Map;

/**
 * How the job works; none of it changes what the data set's files hold.
 *
 * @param models the bundle and the device
 * @param denoise how much Denoise takes on
 * @param decode how Decode works
 * @param dataset where the data set lies
 * @param parallelism subtasks of every operator
 */
public record SynthesisSettings(
    ModelSettings models,
    DenoiseSettings denoise,
    DecodeSettings decode,
    DatasetSettings dataset,
    int parallelism) {
  /** The specification is its own limit. */
  static final Limits LIMITS =
      new Limits(
          64 << 20, 256, TopicPlan.MOST_IMAGES, Integer.MAX_VALUE, Double.MAX_VALUE, 1L << 40);

  public SynthesisSettings {
    if (parallelism < 1) {
      throw new IllegalArgumentException(
          "Expected a parallelism of 1 or more, found " + parallelism);
    }
  }

  /** What the dashboard shows of them. */
  Map<String, String> shown() {
    return Map.of(
        "model", models.directory(),
        "device", models.device(),
        "threads", Integer.toString(models.intraOpThreads()),
        "batch-rows", Integer.toString(denoise.maxBatchRows()),
        "parallelism", Integer.toString(parallelism),
        "out", dataset.directory(),
        "format", dataset.format().toString(),
        "images", Long.toString(dataset.layout().images()));
  }
}
