package io.digflink.jobs.admit;

import io.digflink.schemas.RejectReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** Counts rejects by reason, one counter each: {@code rejects.<reason>}. */
public final class RejectCounters {
  private final Map<RejectReason, Counter> counters = new EnumMap<>(RejectReason.class);

  public RejectCounters(MetricGroup group) {
    MetricGroup rejects = group.addGroup("rejects");
    for (RejectReason reason : RejectReason.values()) {
      counters.put(reason, rejects.counter(reason.name().toLowerCase(Locale.ROOT)));
    }
  }

  /** Counts one. */
  public void count(RejectReason reason) {
    counters.get(reason).inc();
  }
}
