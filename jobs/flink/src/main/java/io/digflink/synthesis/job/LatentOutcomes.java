package io.digflink.synthesis.job;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.synthesis.plan.DatasetPlan;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Passes latents on to the decoder and, where they are kept, to the data set. */
final class LatentOutcomes extends ProcessFunction<DenoisedImage, DenoisedImage> {
  /** Side output of the latents that are kept. */
  static final OutputTag<Outcome> OUTCOMES =
      new OutputTag<>("outcomes") {
        private static final long serialVersionUID = 1L;
      };

  private static final long serialVersionUID = 1L;

  private final DatasetPlan plan;
  private final boolean keepLatents;

  LatentOutcomes(DatasetPlan plan, boolean keepLatents) {
    this.plan = plan;
    this.keepLatents = keepLatents;
  }

  @Override
  public void processElement(DenoisedImage image, Context context, Collector<DenoisedImage> out) {
    if (keepLatents) {
      long request = Long.parseLong(image.request().id());
      long index = plan.firstImage(request) + image.index();
      context.output(OUTCOMES, Outcome.latent(request, index, image.latent()));
    }
    out.collect(image);
  }
}
