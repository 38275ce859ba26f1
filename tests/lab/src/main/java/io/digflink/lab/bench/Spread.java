package io.digflink.lab.bench;

import java.util.Collection;
import java.util.List;

/**
 * What repeated measurements of one thing gave.
 *
 * @param median of them
 * @param least of them
 * @param greatest of them
 */
public record Spread(double median, double least, double greatest) {

  /** The spread of one measurement or more. */
  public static Spread of(Collection<Double> measured) {
    List<Double> sorted = measured.stream().sorted().toList();
    int half = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1));
  }
}
