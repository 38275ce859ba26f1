package io.digflink.jobs.request;

import io.digflink.schemas.RejectReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** Counts rejects by reason: the metric {@code rejects} with the label {@code reason}. */
public final class RejectCounters {
  private final Map<RejectReason, Counter> counters = new EnumMap<>(RejectReason.class);

  public RejectCounters(MetricGroup group) {
    for (RejectReason reason : RejectReason.values()) {
      String label = reason.name().toLowerCase(Locale.ROOT);
      counters.put(reason, group.addGroup("reason", label).counter("rejects"));
    }
  }

  /** Counts one. */
  public void count(RejectReason reason) {
    counters.get(reason).inc();
  }
}
