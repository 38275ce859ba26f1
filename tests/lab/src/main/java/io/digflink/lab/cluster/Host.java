package io.digflink.lab.cluster;

import java.util.List;

/**
 * Where a process runs.
 *
 * @param address that others find it at
 * @param prefix words before the command of a process, such as {@code ip netns exec NAME}
 */
public record Host(String address, List<String> prefix) {
  /** This machine. */
  public static final Host LOCAL = new Host("localhost", List.of());

  /** Where each process runs, by its name. */
  @FunctionalInterface
  public interface Plan {
    /** The host of a process: kafka, zookeeper, jobmanager, taskmanager-1 and so on. */
    Host of(String process);
  }
}
