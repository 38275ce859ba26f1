package io.digflink.jobs.generate;

import io.digflink.jobs.admit.Limits;
import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.jobs.kafka.KafkaSettings;
import io.digflink.jobs.kafka.RecordSettings;
import io.digflink.jobs.model.ModelSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;

/**
 * The values of all {@link GenerateOptions}, checked.
 *
 * @param kafka how the job reaches Kafka
 * @param topics what it reads and writes there
 * @param records what the records are like there
 * @param models which models it serves
 * @param limits what a request may ask for
 * @param rememberRequests how long ids of requests are remembered; zero: not at all
 * @param denoise how much Denoise takes on
 * @param decode how Decode works
 * @param decodeParallelism subtasks of Decode; 0: the job's parallelism
 * @param checkpointInterval time between checkpoints
 * @param shown every option with its value, for the dashboard
 */
public record GenerateSettings(
    KafkaSettings kafka,
    Topics topics,
    RecordSettings records,
    ModelSettings models,
    Limits limits,
    Duration rememberRequests,
    DenoiseSettings denoise,
    DecodeSettings decode,
    int decodeParallelism,
    Duration checkpointInterval,
    Map<String, String> shown) {

  private static final int CHANNELS = 3;

  /**
   * Failed runs take milliseconds, so that the rejects of a streak are of one checkpoint interval:
   * where the device was broken they are rolled back with it, and the requests are served after
   * all.
   */
  private static final int LONGEST_FAILURE_STREAK = 100 * FailedRunPolicy.TRIES_ALONE;

  /**
   * Kafka topics.
   *
   * @param requests read
   * @param bounded whether to end when the requests that are there at the start are served
   * @param images written
   * @param progress written
   * @param rejected written
   * @param cancellations read, where there is one; empty: none
   * @param previews written, where there is one; empty: none
   */
  public record Topics(
      String requests,
      boolean bounded,
      String images,
      String progress,
      String rejected,
      String cancellations,
      String previews) {
    /** All that must be there. */
    public List<String> names() {
      return List.of(requests, images, progress, rejected);
    }
  }

  public GenerateSettings {
    shown = Map.copyOf(shown);
    if (decodeParallelism < 0) {
      throw new IllegalArgumentException(
          "Expected decode.parallelism of 0 (the job's) or more, found " + decodeParallelism);
    }
    if (checkpointInterval.compareTo(kafka.transactionTimeout()) >= 0) {
      throw new IllegalArgumentException(
          "Expected kafka.transaction-timeout above checkpoint.interval, found "
              + kafka.transactionTimeout()
              + " and "
              + checkpointInterval
              + ": otherwise brokers abort transactions before a checkpoint commits them");
    }
  }

  /**
   * How many checkpoints in a row may fail, on a full disk for instance, without a restart, which
   * would heal nothing and lose the work since the last good one: as many as fit into the time for
   * which brokers keep transactions open, because after that a restart is due anyway.
   */
  int failedCheckpoints() {
    return Math.toIntExact(
        Math.min(
            Integer.MAX_VALUE,
            kafka.transactionTimeout().toMillis() / Math.max(1, checkpointInterval.toMillis())));
  }

  /**
   * Reads the settings.
   *
   * @throws IllegalArgumentException naming the option that is missing or out of its range
   */
  public static GenerateSettings of(ReadableConfig config) {
    KafkaSettings kafka =
        new KafkaSettings(
            required(config, GenerateOptions.BOOTSTRAP_SERVERS),
            properties(config),
            config.get(GenerateOptions.GROUP_ID),
            config.get(GenerateOptions.TRANSACTION_PREFIX),
            config.get(GenerateOptions.TRANSACTION_TIMEOUT));
    Topics topics =
        new Topics(
            config.get(GenerateOptions.REQUESTS_TOPIC),
            config.get(GenerateOptions.REQUESTS_BOUNDED),
            config.get(GenerateOptions.IMAGES_TOPIC),
            config.get(GenerateOptions.PROGRESS_TOPIC),
            config.get(GenerateOptions.REJECTED_TOPIC),
            config.get(GenerateOptions.CANCELLATIONS_TOPIC),
            config.get(GenerateOptions.PREVIEWS_TOPIC));
    ModelSettings models =
        new ModelSettings(
            required(config, GenerateOptions.MODEL_DIRECTORY),
            config.get(GenerateOptions.DEVICE),
            config.get(GenerateOptions.INTRA_OP_THREADS),
            config.get(GenerateOptions.RUN_TIMEOUT),
            config.get(GenerateOptions.MODELS_REFRESH),
            listed(config, GenerateOptions.ALLOWED_DIGESTS)
                .map(digest -> digest.replaceFirst("^sha256:", ""))
                .collect(Collectors.toSet()),
            config.get(GenerateOptions.MODELS_MEMORY).getBytes(),
            config.get(GenerateOptions.MAX_STEP));
    DecodeSettings decode =
        new DecodeSettings(
            config.get(GenerateOptions.DECODE_BATCH),
            config.get(GenerateOptions.CLAIM_CHECK_THRESHOLD).getBytes(),
            config.getOptional(GenerateOptions.CLAIM_CHECK_DIRECTORY).orElse(null),
            config.get(GenerateOptions.IMAGE_METADATA),
            LONGEST_FAILURE_STREAK);
    DenoiseSettings denoise =
        new DenoiseSettings(
            config.get(GenerateOptions.MAX_BATCH_ROWS),
            config.get(GenerateOptions.MAX_IN_FLIGHT),
            config.get(GenerateOptions.MAX_IN_FLIGHT_OF_TENANT),
            config.get(GenerateOptions.MAX_WAITING),
            DenoiseSettings.USUAL_UNDER_WAY,
            config.get(GenerateOptions.REMEMBER_CANCELLED),
            config.get(GenerateOptions.BATCH_WAIT),
            LONGEST_FAILURE_STREAK);
    return new GenerateSettings(
        kafka,
        topics,
        records(config),
        models,
        limits(config, decode),
        config.get(GenerateOptions.REMEMBER_REQUESTS),
        denoise,
        decode,
        config.get(GenerateOptions.DECODE_PARALLELISM),
        config.get(GenerateOptions.CHECKPOINT_INTERVAL),
        shown(config));
  }

  private static RecordSettings records(ReadableConfig config) {
    Set<String> forwarded =
        listed(config, GenerateOptions.FORWARDED_HEADERS).collect(Collectors.toSet());
    return new RecordSettings(
        config.get(GenerateOptions.TOPICS_FORMAT),
        forwarded,
        config.get(GenerateOptions.REGISTRY_URL));
  }

  /** What an option lists, separated by commas. */
  private static Stream<String> listed(ReadableConfig config, ConfigOption<String> option) {
    return config.getOptional(option).stream()
        .flatMap(names -> Arrays.stream(names.split(",")))
        .map(String::strip)
        .filter(name -> !name.isEmpty());
  }

  /** Files of secrets are named and not read; a user and password in a URI are left out. */
  private static Map<String, String> shown(ReadableConfig config) {
    Map<String, String> shown = new TreeMap<>();
    for (ConfigOption<?> option : GenerateOptions.all()) {
      Object value = config.get(option);
      if (value != null) {
        shown.put(option.key(), value.toString().replaceAll("(?<=//)[^/@]*@", ""));
      }
    }
    return shown;
  }

  /** Without a claim-check directory, images whose raw pixels may not fit a record are refused. */
  private static Limits limits(ReadableConfig config, DecodeSettings decode) {
    long pixels = config.get(GenerateOptions.MAX_PIXELS);
    long mostInRecord = decode.claimCheckThreshold() / CHANNELS;
    return new Limits(
        config.get(GenerateOptions.MAX_REQUEST_SIZE).getBytes(),
        config.get(GenerateOptions.MAX_REQUEST_ID_BYTES),
        config.get(GenerateOptions.MAX_IMAGES),
        config.get(GenerateOptions.MAX_STEPS),
        config.get(GenerateOptions.MAX_GUIDANCE),
        decode.claimCheckDirectory() == null ? Math.min(pixels, mostInRecord) : pixels);
  }

  private static String required(ReadableConfig config, ConfigOption<String> option) {
    return config
        .getOptional(option)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Expected a value for "
                        + option.key()
                        + ", found none: give --"
                        + option.key()));
  }

  private static Properties properties(ReadableConfig config) {
    return config
        .getOptional(GenerateOptions.PROPERTIES_FILE)
        .map(file -> ClientProperties.read(GenerateOptions.PROPERTIES_FILE.key(), Path.of(file)))
        .orElseGet(Properties::new);
  }
}
