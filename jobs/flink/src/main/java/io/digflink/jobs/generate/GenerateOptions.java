package io.digflink.jobs.generate;

import static org.apache.flink.configuration.ConfigOptions.key;

import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/** Every option of the job, declared once; {@link GenerateSettings} holds their values. */
public final class GenerateOptions {
  private GenerateOptions() {}

  public static final ConfigOption<String> BOOTSTRAP_SERVERS =
      key("kafka.bootstrap-servers")
          .stringType()
          .noDefaultValue()
          .withDescription("Kafka brokers, host:port, separated by commas. Required.");

  public static final ConfigOption<String> PROPERTIES_FILE =
      key("kafka.properties-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Java properties file with further settings of all Kafka clients, such as TLS and"
                  + " SASL; read where the job is submitted.");

  public static final ConfigOption<String> GROUP_ID =
      key("kafka.group-id")
          .stringType()
          .defaultValue("dig-generate")
          .withDescription("Consumer group whose committed offsets a first start goes on from.");

  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      key("kafka.transaction-timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(15))
          .withDescription(
              "After this time without the job a broker aborts its open transactions. Longer than"
                  + " a checkpoint interval and a recovery together, and at most the brokers'"
                  + " transaction.max.timeout.ms (15 minutes where not set).");

  public static final ConfigOption<String> TRANSACTION_PREFIX =
      key("kafka.transaction-prefix")
          .stringType()
          .defaultValue("dig-generate")
          .withDescription("Start of the transactional ids. Two jobs on one Kafka need two.");

  public static final ConfigOption<String> REQUESTS_TOPIC =
      key("topics.requests")
          .stringType()
          .defaultValue("dig.requests")
          .withDescription("Topic of GenerationRequest records.");

  public static final ConfigOption<Boolean> REQUESTS_BOUNDED =
      key("topics.requests.bounded")
          .booleanType()
          .defaultValue(false)
          .withDescription("End the job when the requests that are there at its start are served.");

  public static final ConfigOption<String> IMAGES_TOPIC =
      key("topics.images")
          .stringType()
          .defaultValue("dig.images")
          .withDescription("Topic of GeneratedImage records.");

  public static final ConfigOption<String> PROGRESS_TOPIC =
      key("topics.progress")
          .stringType()
          .defaultValue("dig.progress")
          .withDescription("Topic of RequestProgress records.");

  public static final ConfigOption<String> REJECTED_TOPIC =
      key("topics.rejected")
          .stringType()
          .defaultValue("dig.rejected")
          .withDescription("Topic of RejectedRequest records.");

  public static final ConfigOption<String> MODEL_DIRECTORY =
      key("models.directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory whose subdirectories are the model bundles served, on any file system that"
                  + " Flink reads; from elsewhere than the local disk they are copied to it first."
                  + " Required.");

  public static final ConfigOption<String> DEVICE =
      key("models.device")
          .stringType()
          .defaultValue("auto")
          .withDescription(
              "Where models run: cpu, cuda, cuda:N, or auto (cuda where there is one).");

  public static final ConfigOption<Integer> INTRA_OP_THREADS =
      key("models.intra-op-threads")
          .intType()
          .defaultValue(0)
          .withDescription("Threads of one run on a CPU; 0: one a core.");

  public static final ConfigOption<MemorySize> MAX_REQUEST_SIZE =
      key("limits.request-size")
          .memoryType()
          .defaultValue(MemorySize.parse("1mb"))
          .withDescription("Greatest size of a request's record.");

  public static final ConfigOption<Integer> MAX_REQUEST_ID_BYTES =
      key("limits.request-id-bytes")
          .intType()
          .defaultValue(256)
          .withDescription("Greatest length of a request id in UTF-8 bytes.");

  public static final ConfigOption<Integer> MAX_IMAGES =
      key("limits.images")
          .intType()
          .defaultValue(10_000)
          .withDescription("Most images of one request.");

  public static final ConfigOption<Integer> MAX_STEPS =
      key("limits.steps")
          .intType()
          .defaultValue(1_000)
          .withDescription(
              "Most denoising steps of an image; the model's training timesteps are a limit too.");

  public static final ConfigOption<Double> MAX_GUIDANCE =
      key("limits.guidance-scale")
          .doubleType()
          .defaultValue(100.0)
          .withDescription("Greatest guidance scale.");

  public static final ConfigOption<Integer> MAX_PIXELS =
      key("limits.pixels")
          .intType()
          .defaultValue(4 << 20)
          .withDescription("Most pixels of an image, width times height.");

  public static final ConfigOption<Integer> MAX_BATCH_ROWS =
      key("denoise.max-batch-rows")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Most rows of one denoiser run; a guided image takes two, a conditional and an"
                  + " unconditional one. 0: as many as suit the device, 8 on a CPU and 32 on a"
                  + " GPU.");

  public static final ConfigOption<Integer> MAX_IN_FLIGHT =
      key("denoise.max-in-flight")
          .intType()
          .defaultValue(64)
          .withDescription("Most images that a subtask denoises at a time.");

  public static final ConfigOption<Integer> MAX_WAITING =
      key("denoise.max-waiting")
          .intType()
          .defaultValue(8)
          .withDescription(
              "Requests that a subtask takes before all their images have a place in flight; then it"
                  + " leaves further ones in Kafka.");

  public static final ConfigOption<Integer> DECODE_BATCH =
      key("decode.max-batch")
          .intType()
          .defaultValue(8)
          .withDescription(
              "Most latents of one decoder run. On a GPU a run has this many or what makes eight"
                  + " images of 256x256 pixels, the less of both, empty ones included.");

  public static final ConfigOption<Integer> DECODE_PARALLELISM =
      key("decode.parallelism")
          .intType()
          .defaultValue(0)
          .withDescription("Subtasks of the decoder; 0: the job's parallelism.");

  public static final ConfigOption<Boolean> IMAGE_METADATA =
      key("images.metadata")
          .booleanType()
          .defaultValue(true)
          .withDescription(
              "Write into each image file how it was made, which dig verify reads: a PNG has it in"
                  + " an iTXt chunk, a JPEG in a comment.");

  public static final ConfigOption<MemorySize> CLAIM_CHECK_THRESHOLD =
      key("claim-check.threshold")
          .memoryType()
          .defaultValue(MemorySize.parse("768kb"))
          .withDescription(
              "A longer image file is put into claim-check.directory and its record carries the"
                  + " URI. Below the brokers' message.max.bytes.");

  public static final ConfigOption<String> CLAIM_CHECK_DIRECTORY =
      key("claim-check.directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory on any file system that Flink writes to. Without one, sizes whose raw"
                  + " pixels exceed the threshold are rejected.");

  public static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
      key("checkpoint.interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(10))
          .withDescription(
              "Time between checkpoints. Results become visible to readers of committed records"
                  + " at each.");

  /** All options, in the order of the table in the module's README. */
  public static List<ConfigOption<?>> all() {
    return List.of(
        BOOTSTRAP_SERVERS,
        PROPERTIES_FILE,
        GROUP_ID,
        TRANSACTION_TIMEOUT,
        TRANSACTION_PREFIX,
        REQUESTS_TOPIC,
        REQUESTS_BOUNDED,
        IMAGES_TOPIC,
        PROGRESS_TOPIC,
        REJECTED_TOPIC,
        MODEL_DIRECTORY,
        DEVICE,
        INTRA_OP_THREADS,
        MAX_REQUEST_SIZE,
        MAX_REQUEST_ID_BYTES,
        MAX_IMAGES,
        MAX_STEPS,
        MAX_GUIDANCE,
        MAX_PIXELS,
        MAX_BATCH_ROWS,
        MAX_IN_FLIGHT,
        MAX_WAITING,
        DECODE_BATCH,
        DECODE_PARALLELISM,
        IMAGE_METADATA,
        CLAIM_CHECK_THRESHOLD,
        CLAIM_CHECK_DIRECTORY,
        CHECKPOINT_INTERVAL);
  }
}
