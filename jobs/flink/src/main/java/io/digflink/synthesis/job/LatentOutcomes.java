package io.digflink.synthesis.job;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.synthesis.plan.DatasetPlan;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Passes latents on to the decoder and, where they are kept, to the data set. */
final class LatentOutcomes extends ProcessFunction<Handover, Handover> {
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
  public void processElement(Handover handover, Context context, Collector<Handover> out) {
    DenoisedImage image = handover.image();
    if (keepLatents) {
      long request = Long.parseLong(image.header().requestId());
      long index = plan.firstImage(request) + image.header().index();
      context.output(OUTCOMES, Outcome.latent(request, index, image.latent()));
    }
    out.collect(handover);
  }
}
