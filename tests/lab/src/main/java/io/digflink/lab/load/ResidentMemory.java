package io.digflink.lab.load;

import io.digflink.lab.cluster.JvmProcess;
import io.digflink.lab.faults.FaultStack;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Resident memory of the processes of a stack over time, native memory included. */
final class ResidentMemory {
  private static final double MIB = 1 << 20;

  private final Map<String, JvmProcess> processes = new LinkedHashMap<>();
  private final List<Reading> readings = new ArrayList<>();

  private record Reading(long nanos, String process, double mib) {}

  /**
   * Memory of one process.
   *
   * @param firstMib at the start of the window
   * @param lastMib at its end
   * @param leastMib in the window
   * @param mostMib in the window
   */
  record Span(String process, double firstMib, double lastMib, double leastMib, double mostMib) {

    /** By how much the most is above the least. */
    double spread() {
      return mostMib / leastMib - 1;
    }
  }

  ResidentMemory(FaultStack stack) {
    processes.put("jobmanager", stack.flink().jobManager());
    processes.putAll(stack.flink().taskManagers());
    processes.put("broker", stack.kafka().process());
  }

  void read() throws IOException {
    for (Map.Entry<String, JvmProcess> process : processes.entrySet()) {
      readings.add(
          new Reading(
              System.nanoTime(), process.getKey(), process.getValue().residentBytes() / MIB));
    }
  }

  /** The memory of each process over the last seconds. */
  List<Span> last(double seconds) {
    List<Span> spans = new ArrayList<>();
    long from = System.nanoTime() - (long) (seconds * 1e9);
    for (String process : processes.keySet()) {
      double[] mib =
          readings.stream()
              .filter(reading -> reading.process().equals(process) && reading.nanos() >= from)
              .mapToDouble(Reading::mib)
              .toArray();
      double least = Double.MAX_VALUE;
      double most = 0;
      for (double value : mib) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
      spans.add(new Span(process, mib[0], mib[mib.length - 1], least, most));
    }
    return spans;
  }
}
