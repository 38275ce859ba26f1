package io.digflink.jobs.model;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.session.Devices;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which models are served, and where they run.
 *
 * @param directory directory of the bundles: a local path, or a URI on any file system that Flink
 *     reads
 * @param device as {@link Devices} reads it; each subtask takes one of them
 * @param intraOpThreads threads of one run on a CPU; 0: one per core
 * @param longestRun after which a run is taken to hang
 * @param refresh time between two looks at the directory; 0: only the first
 * @param allowedDigests digests of the bundles that may be served; none: any
 * @param memory bytes that the sessions of a device may reserve; 0: any
 * @param longestStep that a measured batch may take
 */
public record ModelSettings(
    String directory,
    String device,
    int intraOpThreads,
    Duration longestRun,
    Duration refresh,
    Set<String> allowedDigests,
    long memory,
    Duration longestStep)
    implements Serializable {
  /** Until a run is taken to hang, unless something else is said. */
  public static final Duration LONGEST_RUN = Duration.ofMinutes(10);

  /** Time between two looks at the directory, unless something else is said. */
  public static final Duration REFRESH = Duration.ofSeconds(30);

  /** That a measured batch may take, unless something else is said. */
  public static final Duration LONGEST_STEP = Duration.ofMillis(100);

  public ModelSettings {
    Objects.requireNonNull(directory, "directory");
    Devices.check(device);
    allowedDigests = Set.copyOf(allowedDigests);
    requirePositive("denoise.run-timeout", longestRun);
    requirePositive("denoise.max-step", longestStep);
    if (refresh.isNegative()) {
      throw new IllegalArgumentException("Expected models.refresh of 0 or more, found " + refresh);
    }
    if (intraOpThreads < 0) {
      throw new IllegalArgumentException(
          "Expected 0 threads per run (one per core) or more, found " + intraOpThreads);
    }
    for (String digest : allowedDigests) {
      if (!digest.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException(
            "Expected models.allowed-digests of 64 hexadecimal digits each, found \""
                + digest
                + "\": dig inspect shows a bundle's");
      }
    }
  }

  private static void requirePositive(String option, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException("Expected " + option + " above 0, found " + value);
    }
  }

  /** Models with the defaults of everything else. */
  public ModelSettings(String directory, String device, int intraOpThreads) {
    this(directory, device, intraOpThreads, LONGEST_RUN, REFRESH, Set.of(), 0, LONGEST_STEP);
  }

  /**
   * What the bundles say of themselves, by their names.
   *
   * @throws IOException if there is none to serve
   */
  public Map<String, ModelManifest> manifests() throws IOException {
    try (ServedBundles bundles = ServedBundles.open(this)) {
      return bundles.now().byName().values().stream()
          .collect(Collectors.toMap(bundle -> bundle.name(), bundle -> bundle.manifest()));
    }
  }
}
