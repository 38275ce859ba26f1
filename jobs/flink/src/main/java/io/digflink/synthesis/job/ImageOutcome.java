package io.digflink.synthesis.job;

import io.digflink.jobs.request.Answer;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.synthesis.plan.DatasetPlan;
import org.apache.flink.api.common.functions.MapFunction;

/** Finds the place of an image in the data set. */
final class ImageOutcome implements MapFunction<Answer<GeneratedImage>, Outcome> {
  private static final long serialVersionUID = 1L;

  private final DatasetPlan plan;
  private transient RecordCodec<GeneratedImage> codec;

  ImageOutcome(DatasetPlan plan) {
    this.plan = plan;
  }

  @Override
  public Outcome map(Answer<GeneratedImage> answer) {
    GeneratedImage image = answer.record();
    if (codec == null) {
      codec = RecordCodec.of(GeneratedImage.class);
    }
    long request = Long.parseLong(image.getRequestId());
    long index = plan.firstImage(request) + image.getIndex();
    return Outcome.image(request, index, codec.encode(image));
  }
}
