package io.digflink.lab.bench;

import io.digflink.cli.DeviceOption;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.session.Device;
import java.util.Arrays;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and how often a benchmark runs a model. */
final class RunOptions {
  @Mixin private DeviceOption device;

  @Option(
      names = "--runs",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Runs whose median counts, after a fifth as many (default: ${DEFAULT-VALUE}).")
  private int runs = 50;

  /** One run of a model, which waits for the outputs. */
  @FunctionalInterface
  interface Run<E extends Exception> {
    void run() throws E;
  }

  Device device() {
    return device.device();
  }

  int runs() {
    return runs;
  }

  /** Median of a run in milliseconds, after a fifth as many runs that do not count. */
  <E extends Exception> double medianMilliseconds(Run<E> run) throws E {
    double[] milliseconds = new double[runs];
    for (int i = -Math.max(1, runs / 5); i < runs; i++) {
      long start = System.nanoTime();
      run.run();
      if (i >= 0) {
        milliseconds[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(milliseconds);
    return milliseconds[runs / 2];
  }
}
