package io.digflink.lab.bench;

import io.digflink.cli.SynthesizeCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine;

/** Data sets in npz on some devices, made as {@code dig synthesize} makes them. */
final class DevicesSynthesis {
  private final Path models;
  private final String model;
  private final int steps;
  private final double guidance;

  DevicesSynthesis(Path models, String model, int steps, double guidance) {
    this.models = models;
    this.model = model;
    this.steps = steps;
    this.guidance = guidance;
  }

  /** Images per second between start and end: of a data set, less one of a quarter. */
  double rate(String devices, int images) throws IOException {
    int few = Math.max(1, images / 4);
    double fewSeconds = seconds(devices, few);
    double seconds = seconds(devices, images);
    return (images - few) / (seconds - fewSeconds);
  }

  private double seconds(String devices, int images) throws IOException {
    Path temporary = Files.createTempDirectory("bench-devices");
    try {
      Path file =
          Files.writeString(
              temporary.resolve("spec.yaml"),
              String.format(
                  Locale.ROOT,
                  """
                  model: %s
                  images: %d
                  seed: 1
                  samplers: [{name: dpm++, steps: %d}]
                  guidance: {from: %s, to: %s}
                  output: {format: npz}
                  """,
                  model,
                  images,
                  steps,
                  guidance,
                  guidance));
      long start = System.nanoTime();
      int exitCode =
          new CommandLine(new SynthesizeCommand())
              .execute(
                  "--spec=" + file,
                  "--out=" + temporary.resolve("out"),
                  "--models=" + models,
                  "--device=" + devices);
      if (exitCode != 0) {
        throw new IOException("dig synthesize ended with exit code " + exitCode);
      }
      return (System.nanoTime() - start) / 1e9;
    } finally {
      PathUtils.deleteDirectory(temporary);
    }
  }
}
