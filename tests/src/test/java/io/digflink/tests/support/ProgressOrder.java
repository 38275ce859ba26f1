package io.digflink.tests.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the schema promises of the progress of a request, checked record by record. */
public final class ProgressOrder {
  private static final Set<RequestState> ENDS =
      EnumSet.of(
          RequestState.COMPLETED,
          RequestState.EXPIRED,
          RequestState.CANCELLED,
          RequestState.REJECTED);

  private ProgressOrder() {}

  /** Whether nothing more follows of the request. */
  static boolean isEnd(RequestProgress progress) {
    return ENDS.contains(progress.getState());
  }

  /**
   * Checks that the progress of every request is in order and has ended.
   *
   * @param all progress in the order of the offsets within each partition
   * @return the last record of every request, by its id
   */
  public static Map<String, RequestProgress> ends(List<RequestProgress> all) {
    Map<String, List<RequestProgress>> byRequest = new TreeMap<>();
    for (RequestProgress progress : all) {
      byRequest.computeIfAbsent(progress.getRequestId(), id -> new ArrayList<>()).add(progress);
    }
    Map<String, RequestProgress> ends = new TreeMap<>();
    byRequest.forEach((id, progress) -> ends.put(id, check(progress)));
    return ends;
  }

  private static RequestProgress check(List<RequestProgress> progress) {
    RequestProgress end = progress.get(progress.size() - 1);
    assertThat(end.getState()).as("last of %s", progress).isIn(ENDS);
    assertThat(progress).as("one end in %s", progress).filteredOn(ProgressOrder::isEnd).hasSize(1);
    if (progress.size() == 1) {
      assertThat(end.getState()).as("only one of %s", progress).isEqualTo(RequestState.EXPIRED);
      return end;
    }
    assertThat(progress.get(0).getState()).as("%s", progress).isEqualTo(RequestState.ADMITTED);
    List<RequestProgress> running = progress.subList(1, progress.size() - 1);
    for (int i = 0; i < running.size(); i++) {
      assertThat(running.get(i).getState()).as("%s", progress).isEqualTo(RequestState.RUNNING);
      assertThat(running.get(i).getImagesDone()).as("%s", progress).isEqualTo(i);
    }
    assertThat(progress)
        .as("%s", progress)
        .isSortedAccordingTo((a, b) -> Integer.compare(a.getImagesDone(), b.getImagesDone()));
    return end;
  }
}
