package io.digflink.jobs.progress;

import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/** The stage that keeps count, with nothing before and behind it. */
public final class ProgressHarness {
  private final KeyedOneInputStreamOperatorTestHarness<
          String, RequestEvent, Answer<RequestProgress>>
      harness;

  public ProgressHarness() throws Exception {
    this(null);
  }

  /**
   * @param restored null for a start without state
   */
  ProgressHarness(OperatorSubtaskState restored) throws Exception {
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new ProgressFunction()), RequestEvent::source, Types.STRING);
    harness.setup();
    harness.initializeState(restored);
    harness.open();
  }

  void setTime(long now) throws Exception {
    harness.setProcessingTime(now);
  }

  /** Takes events in. */
  public void add(Collection<RequestEvent> events) throws Exception {
    for (RequestEvent event : events) {
      harness.processElement(event, 0);
    }
  }

  void add(RequestEvent... events) throws Exception {
    add(List.of(events));
  }

  OperatorSubtaskState snapshot() throws Exception {
    return harness.snapshot(1, 0);
  }

  /** Keyed states that are left. */
  int stateEntries() {
    return harness.numKeyedStateEntries();
  }

  List<Answer<RequestProgress>> answers() {
    return harness.extractOutputValues();
  }

  /** What clients have been told: id, state, and how many images of how many are done. */
  public List<String> told() {
    return answers().stream()
        .map(Answer::record)
        .map(
            p ->
                String.format(
                    "%s %s %d/%d",
                    p.getRequestId(), p.getState(), p.getImagesDone(), p.getImages()))
        .toList();
  }

  /** Rejects at the end of requests. */
  public List<RejectedRequest> rejects() {
    var rejected = harness.getSideOutput(SideOutputs.REJECTED);
    return rejected == null
        ? List.of()
        : rejected.stream().map(record -> record.getValue().record()).toList();
  }

  /** Ends the stage. */
  public void close() throws Exception {
    harness.close();
  }
}
