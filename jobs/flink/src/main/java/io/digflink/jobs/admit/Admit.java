package io.digflink.jobs.admit;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.ProgressRecords;
import io.digflink.jobs.request.RejectCounters;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Passes on the requests that can be served; everything else becomes a reject. */
public final class Admit extends ProcessFunction<IncomingRecord, AdmittedRequest> {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_ID_REPEATED = 256;

  private final ModelSettings models;
  private final Limits limits;
  private transient RequestReader reader;
  private transient RequestCheck check;
  private transient RejectCounters rejects;

  public Admit(ModelSettings models, Limits limits) {
    this.models = models;
    this.limits = limits;
  }

  @Override
  public void open(OpenContext context) throws Exception {
    reader = new RequestReader();
    check = new RequestCheck(models.manifests(), limits);
    rejects = new RejectCounters(getRuntimeContext().getMetricGroup());
  }

  @Override
  public void processElement(
      IncomingRecord record, Context context, Collector<AdmittedRequest> out) {
    long now = context.timerService().currentProcessingTime();
    String requestId = null;
    try {
      GenerationRequest request = read(record);
      requestId = request.getRequestId();
      AdmittedRequest admitted = check.admit(request, record, now);
      if (admitted.isExpired(now)) {
        context.output(
            SideOutputs.PROGRESS,
            new Answer<>(
                ProgressRecords.of(requestId, RequestState.EXPIRED, admitted.images(), 0, now),
                record.headers()));
        throw RejectRecords.expired(admitted, 0, now);
      }
      out.collect(admitted);
    } catch (RejectException e) {
      rejects.count(e.reason());
      requestId = requestId == null ? e.requestId() : requestId;
      context.output(
          SideOutputs.REJECTED,
          new Answer<>(
              RejectRecords.of(e, shortened(requestId), record.value(), record.source(), now),
              record.headers()));
    }
  }

  private GenerationRequest read(IncomingRecord record) throws RejectException {
    if (record.value().length > limits.requestBytes()) {
      throw RejectException.of(
          RejectReason.TOO_LARGE,
          String.format(
              "The record has %d bytes; allowed: at most %d",
              record.value().length, limits.requestBytes()));
    }
    return reader.read(record.value());
  }

  /** An id that is too long is not repeated as a whole: the original bytes have it. */
  private static String shortened(String requestId) {
    return requestId == null || requestId.length() <= LONGEST_ID_REPEATED
        ? requestId
        : requestId.substring(0, LONGEST_ID_REPEATED);
  }
}
