package io.digflink.synthesis.job;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.synthesis.plan.DatasetPlan;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Passes latents on; one that is not finite would become a plain black image and fails instead. */
final class FiniteLatents extends ProcessFunction<Handover, Handover> {
  /** Side output of failures and, where they are kept, latents. */
  static final OutputTag<Outcome> OUTCOMES =
      new OutputTag<>("outcomes") {
        private static final long serialVersionUID = 1L;
      };

  private static final long serialVersionUID = 1L;

  private final DatasetPlan plan;
  private final boolean keepLatents;

  FiniteLatents(DatasetPlan plan, boolean keepLatents) {
    this.plan = plan;
    this.keepLatents = keepLatents;
  }

  @Override
  public void processElement(Handover handover, Context context, Collector<Handover> out) {
    DenoisedImage image = handover.image();
    if (image == null) {
      out.collect(handover);
      return;
    }
    long request = Long.parseLong(handover.requestId());
    long index = plan.firstImage(request) + image.header().index();
    for (float value : image.latent()) {
      if (!Float.isFinite(value)) {
        String message = "The latent has the value " + value + ": the model diverged on this image";
        context.output(OUTCOMES, Outcome.failure(request, index, 1, "NOT_FINITE", message));
        return;
      }
    }
    if (keepLatents) {
      context.output(OUTCOMES, Outcome.latent(request, index, image.latent()));
    }
    out.collect(handover);
  }
}
