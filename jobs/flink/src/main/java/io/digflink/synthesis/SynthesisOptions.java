package io.digflink.synthesis;

import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.job.SynthesisSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import picocli.CommandLine.Option;

/** The options of every command that makes a data set. */
public final class SynthesisOptions {
  private static final int MAX_IN_FLIGHT_BATCHES = 2;

  /** Requests of one image each that wait, where the rows of a run are not known yet. */
  private static final int WAITING = 128;

  // The second try has only failed images, on sessions of its own: a broken device opens none.
  private static final int LONGEST_FAILURE_STREAK = Integer.MAX_VALUE;

  @Option(names = "--spec", paramLabel = "FILE", description = "Specification in YAML.")
  private Path spec;

  @Option(names = "--out", paramLabel = "DIR", description = "Directory of the data set.")
  private Path out;

  @Option(names = "--example-spec", description = "Print a commented specification and stop.")
  private boolean exampleSpec;

  @Option(
      names = "--device",
      defaultValue = "auto",
      description =
          "cpu, cuda (every GPU), cuda:0,2 (these) or auto: every GPU, or the CPU where there is none"
              + " (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--parallelism",
      description =
          "Subtasks, each on one of the devices (default: the number of devices; 1 on a cluster).")
  private Integer parallelism;

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "Threads per run on a CPU; 0: one per core (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--batch-rows",
      description =
          "Most rows of one denoiser run; a guided image takes two (default: as many as are measured"
              + " to suit the device).")
  private Integer batchRows;

  @Option(
      names = "--kafka-properties",
      paramLabel = "FILE",
      description =
          "Properties file with further settings of the Kafka client that reads the requests of a"
              + " topic, such as TLS and SASL.")
  private Path kafkaProperties;

  /** Subtasks of the job; 1 unless said otherwise. */
  public int parallelism() {
    return parallelism == null ? 1 : parallelism;
  }

  /**
   * Takes one subtask for each device of this host, unless a parallelism was given.
   *
   * @return the devices
   */
  public List<Device> useDevicesOfThisHost() {
    List<Device> devices = Devices.of(device);
    parallelism = parallelism == null ? Integer.valueOf(devices.size()) : parallelism;
    return devices;
  }

  Path spec() {
    return spec;
  }

  Path out() {
    return out;
  }

  boolean exampleSpec() {
    return exampleSpec;
  }

  /** Settings of the client that reads a topic of requests, but for its brokers. */
  Properties kafkaClient() {
    return kafkaProperties == null
        ? new Properties()
        : ClientProperties.read("--kafka-properties", kafkaProperties);
  }

  /** Settings of the job. */
  SynthesisSettings settings(Path bundle, DatasetSettings dataset) {
    if (batchRows != null && batchRows < 2) {
      throw new IllegalArgumentException("Expected --batch-rows of 2 or more, found " + batchRows);
    }
    int rows = batchRows == null ? 0 : batchRows;
    int inFlight = MAX_IN_FLIGHT_BATCHES * rows;
    return new SynthesisSettings(
        new ModelSettings(bundle.toAbsolutePath().toString(), device, threads),
        new DenoiseSettings(
            rows,
            inFlight,
            0,
            rows == 0 ? WAITING : inFlight,
            0,
            Duration.ZERO,
            Duration.ZERO,
            LONGEST_FAILURE_STREAK),
        new DecodeSettings(
            rows == 0 ? 0 : Math.max(1, rows / 4),
            Long.MAX_VALUE,
            null,
            dataset.imageMetadata(),
            LONGEST_FAILURE_STREAK),
        dataset,
        parallelism());
  }
}
