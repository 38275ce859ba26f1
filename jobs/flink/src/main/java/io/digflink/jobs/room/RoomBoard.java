package io.digflink.jobs.room;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator.SubtaskGateway;

/**
 * What the subtasks on both sides of the shuffle have reported. It lives in the JobManager, and its
 * methods are called on the job's main thread there.
 *
 * <p>Elements may be under way between the two sides. The counts of both are part of their state,
 * so what is under way is the difference of their sums, also after a restart: a snapshot contains
 * what is under way as well.
 */
final class RoomBoard {
  /** The sides of the shuffle. */
  enum Side {
    SENDING,
    HOLDING
  }

  private final Map<Side, Map<Integer, SubtaskGateway>> gateways = new HashMap<>();
  private final Map<Integer, RoomReport> reports = new HashMap<>();
  private final Map<Integer, InputEnd> ends = new HashMap<>();
  private final Map<Side, Integer> parallelism = new HashMap<>();
  private RoomNews news = new RoomNews(true, false, false, 0);

  RoomBoard() {
    for (Side side : Side.values()) {
      gateways.put(side, new HashMap<>());
    }
  }

  void ready(Side side, int subtasks, SubtaskGateway gateway) {
    parallelism.put(side, subtasks);
    gateways.get(side).put(gateway.getSubtask(), gateway);
    gateway.sendEvent(news);
  }

  void gone(Side side, int subtask) {
    gateways.get(side).remove(subtask);
    if (side == Side.SENDING) {
      ends.remove(subtask);
    } else {
      reports.remove(subtask);
    }
    tell();
  }

  void reported(int subtask, RoomReport report) {
    reports.put(subtask, report);
    tell();
  }

  void ended(int subtask, InputEnd end) {
    ends.put(subtask, end);
    tell();
  }

  private void tell() {
    RoomNews now =
        new RoomNews(
            reports.values().stream().allMatch(RoomReport::isAvailable),
            !ends.isEmpty(),
            isDrained(),
            requestsWaiting());
    if (!now.equals(news)) {
      news = now;
      gateways.get(Side.SENDING).values().forEach(to -> to.sendEvent(now));
      // Those that send end when all is drained, and those behind them may end before word comes.
      if (!now.isDrained()) {
        gateways.get(Side.HOLDING).values().forEach(to -> to.sendEvent(now));
      }
    }
  }

  private double requestsWaiting() {
    double all = reports.values().stream().mapToDouble(RoomReport::requestsWaiting).sum();
    return all / parallelism.getOrDefault(Side.SENDING, 1);
  }

  private boolean isDrained() {
    return ends.size() == parallelism.getOrDefault(Side.SENDING, -1)
        && reports.size() == parallelism.getOrDefault(Side.HOLDING, -1)
        && reports.values().stream().allMatch(RoomReport::isEmpty)
        && ends.values().stream().mapToLong(InputEnd::sent).sum()
            == reports.values().stream().mapToLong(RoomReport::received).sum();
  }
}
