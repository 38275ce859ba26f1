package io.digflink.lab.bench.queue;

import java.util.Collection;

/**
 * What repeated measurements gave.
 *
 * @param median of them
 * @param p99 nearest rank
 * @param greatest of them
 */
record Distribution(double median, double p99, double greatest) {

  /** Of one measurement or more. */
  static Distribution of(Collection<? extends Number> measured) {
    double[] sorted = measured.stream().mapToDouble(Number::doubleValue).sorted().toArray();
    int last = sorted.length - 1;
    return new Distribution(
        sorted[last / 2], sorted[(int) Math.ceil(0.99 * sorted.length) - 1], sorted[last]);
  }
}
