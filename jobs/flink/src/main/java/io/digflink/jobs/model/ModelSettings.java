package io.digflink.jobs.model;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Which models are served, and where they run.
 *
 * @param directory directory of the bundles: a local path, or a URI on any file system that Flink
 *     reads
 * @param device as {@link Devices} reads it; each subtask takes one of them
 * @param intraOpThreads threads of one run on a CPU; 0: one per core
 * @param longestRun after which a run is taken to hang
 */
public record ModelSettings(
    String directory, String device, int intraOpThreads, Duration longestRun)
    implements Serializable {
  /** Until a run is taken to hang, unless something else is said. */
  public static final Duration LONGEST_RUN = Duration.ofMinutes(10);

  public ModelSettings {
    Objects.requireNonNull(directory, "directory");
    Devices.check(device);
    if (longestRun.isZero() || longestRun.isNegative()) {
      throw new IllegalArgumentException(
          "Expected denoise.run-timeout above 0, found " + longestRun);
    }
    if (intraOpThreads < 0) {
      throw new IllegalArgumentException(
          "Expected 0 threads per run (one per core) or more, found " + intraOpThreads);
    }
  }

  /** Models whose runs may take {@link #LONGEST_RUN}. */
  public ModelSettings(String directory, String device, int intraOpThreads) {
    this(directory, device, intraOpThreads, LONGEST_RUN);
  }

  /** What the bundles say of themselves, by the names that requests use. */
  public Map<String, ModelManifest> manifests() throws IOException {
    try (ServedModels models = new ServedModels(this, Device.CPU)) {
      return models.bundles().stream()
          .collect(Collectors.toMap(ModelBundle::name, ModelBundle::manifest));
    }
  }
}
