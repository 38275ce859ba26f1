package io.digflink.synthesis.job;

import io.digflink.jobs.request.Answer;
import io.digflink.schemas.RejectedRequest;
import io.digflink.synthesis.plan.DatasetPlan;
import org.apache.flink.api.common.functions.MapFunction;

/** Finds the images that a rejected request stood for. */
record FailureOutcome(DatasetPlan plan) implements MapFunction<Answer<RejectedRequest>, Outcome> {
  @Override
  public Outcome map(Answer<RejectedRequest> answer) {
    RejectedRequest rejected = answer.record();
    long request = Long.parseLong(rejected.getSource());
    long first = plan.firstImage(request);
    return Outcome.failure(
        request,
        first,
        plan.firstImage(request + 1) - first,
        rejected.getReason().name(),
        rejected.getMessage());
  }
}
