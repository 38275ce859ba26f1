package io.digflink.jobs.denoise;

import java.util.Comparator;
import java.util.TreeSet;

/** Who shares the service with other tenants, and whose requests share it with each other. */
final class Tenant {
  private final long sequence;
  private final TreeSet<Flow> waiting =
      new TreeSet<>(Comparator.comparingDouble(Flow::service).thenComparingLong(Flow::sequence));
  private double service;
  private double level;
  private int places;

  Tenant(long sequence) {
    this.sequence = sequence;
  }

  long sequence() {
    return sequence;
  }

  /** Work done for it. */
  double service() {
    return service;
  }

  /** Puts it on a level with others when it joins them. */
  void joinAt(double others) {
    service = Math.max(service, others);
  }

  void charge(long work) {
    service += work;
  }

  /** Requests that want a place, the one with the least service first. */
  TreeSet<Flow> waiting() {
    return waiting;
  }

  /** Adds a request that wants a place. */
  void join(Flow flow) {
    flow.joinAt(level);
    waiting.add(flow);
  }

  /** A request with this much service had its turn: who joins later gets no more ahead. */
  void reached(double serviceAtTurn) {
    level = Math.max(level, serviceAtTurn);
  }

  /** Places that its images have. */
  int places() {
    return places;
  }

  void countPlaces(int change) {
    places += change;
  }
}
