package io.digflink.cli.audit;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What an audit has counted. */
public final class AuditReport {
  private final Map<RequestAudit.Outcome, Long> outcomes =
      new EnumMap<>(RequestAudit.Outcome.class);
  private final Map<RequestAudit.Finding, Long> findings =
      new EnumMap<>(RequestAudit.Finding.class);
  private final RecordCounts records;

  AuditReport(RecordCounts records) {
    this.records = records;
  }

  void add(RequestAudit request) {
    outcomes.merge(request.outcome(), 1L, Long::sum);
    request.findings().forEach(finding -> findings.merge(finding, 1L, Long::sum));
  }

  /** Requests that got no answer, or not all of it. */
  public long lost() {
    return count(RequestAudit.Finding.LOST);
  }

  /** Requests of which an image or a reject came more often than they were sent. */
  public long twice() {
    return count(RequestAudit.Finding.TWICE);
  }

  /** Results that were written again, since brokers had aborted their transaction. */
  public long copies() {
    return records.copies();
  }

  /**
   * Whether nothing is wrong. Results that nobody asked for do not count: their requests may have
   * expired by the topic's retention.
   */
  public boolean isGood() {
    return findings.keySet().stream().allMatch(RequestAudit.Finding.UNASKED::equals);
  }

  private long count(RequestAudit.Finding finding) {
    return findings.getOrDefault(finding, 0L);
  }

  private long count(RequestAudit.Outcome outcome) {
    return outcomes.getOrDefault(outcome, 0L);
  }

  /** A table in plain text. */
  @Override
  public String toString() {
    StringBuilder table = new StringBuilder();
    long requests =
        outcomes.entrySet().stream()
            .filter(entry -> entry.getKey() != RequestAudit.Outcome.UNASKED)
            .mapToLong(Map.Entry::getValue)
            .sum();
    row(table, "requests", requests);
    row(table, "  answered", count(RequestAudit.Outcome.ANSWERED));
    row(table, "  rejected", count(RequestAudit.Outcome.REJECTED));
    row(table, "  expired", count(RequestAudit.Outcome.EXPIRED));
    row(table, "  cancelled", count(RequestAudit.Outcome.CANCELLED));
    row(table, "  in progress", count(RequestAudit.Outcome.IN_PROGRESS));
    row(table, "  not read yet", count(RequestAudit.Outcome.WAITING));
    row(table, "  lost", lost());
    row(table, "with results that came twice", twice());
    row(table, "with conflicting results", count(RequestAudit.Finding.CONFLICTING));
    row(table, "with damaged images", count(RequestAudit.Finding.DAMAGED));
    row(table, "results that nobody asked for", count(RequestAudit.Finding.UNASKED));
    row(table, "images", records.images());
    row(table, "  elsewhere, not looked at", records.elsewhere());
    row(table, "results written again", records.copies());
    return table.toString();
  }

  private static void row(StringBuilder table, String name, long count) {
    table.append(String.format(Locale.ROOT, "%-32s%,15d%n", name, count));
  }
}
