package io.digflink.cli.audit;

import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What came of one request.
 *
 * @param key its id, or the place of its record
 * @param outcome of the request
 * @param findings what is wrong with it, none of them twice
 * @param details in words
 */
public record RequestAudit(String key, Outcome outcome, Set<Finding> findings, String details) {
  private static final RequestState[] STATES = RequestState.values();

  /** How far a request is. */
  public enum Outcome {
    ANSWERED,
    REJECTED,
    EXPIRED,
    CANCELLED,
    IN_PROGRESS,
    WAITING,
    LOST,
    UNASKED
  }

  /** What may not be. */
  public enum Finding {
    LOST,
    TWICE,
    CONFLICTING,
    DAMAGED,
    UNASKED
  }

  /** A line for people and for {@code grep}. */
  @Override
  public String toString() {
    return findings + " " + key + ": " + details;
  }

  /**
   * Judges all entries of a key.
   *
   * @param oldest requests from before then, in milliseconds since the epoch, should be answered
   */
  static RequestAudit of(String key, List<Entry> entries, long oldest) {
    return new Judge(key, entries, oldest).judge();
  }

  private static final class Judge {
    private final String key;
    private final List<Entry> requests;
    private final List<Entry> images;
    private final Optional<RequestState> end;
    private final boolean begun;
    private final int rejects;
    private final long oldest;
    private final Set<Finding> findings = new TreeSet<>();

    Judge(String key, List<Entry> entries, long oldest) {
      this.key = key;
      this.oldest = oldest;
      requests = of(entries, Entry.Kind.REQUEST);
      images = of(entries, Entry.Kind.IMAGE);
      rejects = of(entries, Entry.Kind.REJECT).size();
      List<Entry> progress = of(entries, Entry.Kind.PROGRESS);
      begun = !progress.isEmpty();
      end =
          progress.stream()
              .map(entry -> STATES[entry.number()])
              .filter(Judge::isEnd)
              .reduce((first, last) -> last);
    }

    private static List<Entry> of(List<Entry> entries, Entry.Kind kind) {
      return entries.stream().filter(entry -> entry.kind() == kind).toList();
    }

    private static boolean isEnd(RequestState state) {
      return state == RequestState.COMPLETED
          || state == RequestState.EXPIRED
          || state == RequestState.CANCELLED
          || state == RequestState.REJECTED;
    }

    RequestAudit judge() {
      Map<Integer, List<Entry>> byIndex =
          images.stream()
              .collect(Collectors.groupingBy(Entry::number, TreeMap::new, Collectors.toList()));
      int asked = Math.max(1, requests.size());
      for (List<Entry> copies : byIndex.values()) {
        addIf(copies.size() > asked, Finding.TWICE);
        addIf(differ(copies), Finding.CONFLICTING);
      }
      addIf(rejects > asked, Finding.TWICE);
      addIf(differ(requests), Finding.CONFLICTING);
      addIf(images.stream().anyMatch(Entry::flag), Finding.DAMAGED);
      Outcome outcome = outcome(byIndex.size());
      addIf(outcome == Outcome.LOST, Finding.LOST);
      addIf(outcome == Outcome.UNASKED, Finding.UNASKED);
      return new RequestAudit(key, outcome, findings, details(byIndex.size()));
    }

    private void addIf(boolean condition, Finding finding) {
      if (condition) {
        findings.add(finding);
      }
    }

    private static boolean differ(List<Entry> entries) {
      return entries.stream().mapToLong(Entry::content).distinct().count() > 1;
    }

    private Outcome outcome(int found) {
      if (requests.isEmpty()) {
        return Outcome.UNASKED;
      }
      if (end.isPresent()) {
        return switch (end.get()) {
          case COMPLETED -> found >= expected() ? Outcome.ANSWERED : Outcome.LOST;
          case REJECTED -> rejects > 0 ? Outcome.REJECTED : Outcome.LOST;
          case CANCELLED -> Outcome.CANCELLED;
          default -> Outcome.EXPIRED;
        };
      }
      if (rejects > 0 && !begun) {
        return Outcome.REJECTED;
      }
      if (expected() > 0 && found >= expected()) {
        return Outcome.ANSWERED; // its end is written with a later checkpoint
      }
      if (requests.stream().allMatch(Entry::flag)) {
        return Outcome.WAITING;
      }
      boolean late = requests.stream().allMatch(request -> request.at() < oldest);
      return late ? Outcome.LOST : Outcome.IN_PROGRESS;
    }

    private int expected() {
      return requests.get(0).number();
    }

    private String details(int found) {
      List<String> parts = new ArrayList<>();
      if (requests.size() > 1) {
        parts.add("asked for " + requests.size() + " times");
      }
      if (!requests.isEmpty() && expected() > 0) {
        parts.add(found + " of " + expected() + " images");
      }
      if (images.size() > found) {
        parts.add(images.size() + " records of images");
      }
      if (rejects > 0) {
        parts.add(rejects + " rejects");
      }
      parts.add(
          end.map(state -> "ended as " + state).orElse(begun ? "begun, not ended" : "no progress"));
      return String.join(", ", parts);
    }
  }
}
