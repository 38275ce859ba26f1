package io.digflink.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Times from a request to its image, as a client sees them. */
public final class Latencies {
  private final Map<String, Long> sentAt = new HashMap<>();
  private final List<Double> seconds = new ArrayList<>();

  /** Notes that a request goes out. */
  public void sent(String requestId) {
    sentAt.put(requestId, System.nanoTime());
  }

  /** Notes that an image of a request has come. */
  public void arrived(String requestId) {
    seconds.add((System.nanoTime() - sentAt.get(requestId)) / 1e9);
  }

  /** The time in seconds that this part of the images, in percent, has not exceeded. */
  public double percentile(int percent) {
    List<Double> sorted = seconds.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return sorted.get(Math.max(0, rank - 1));
  }
}
