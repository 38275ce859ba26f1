package io.digflink.jobs.generate;

import static org.apache.flink.configuration.ConfigOptions.key;

import io.digflink.jobs.model.ModelSettings;
import io.digflink.schemas.codec.WireFormat;
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
          .withDescription("Kafka brokers as host:port, separated by commas. Required.");

  public static final ConfigOption<String> PROPERTIES_FILE =
      key("kafka.properties-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Java properties file with further settings for all Kafka clients, such as TLS and"
                  + " SASL; read where the job is submitted.");

  public static final ConfigOption<String> GROUP_ID =
      key("kafka.group-id")
          .stringType()
          .defaultValue("dig-generate")
          .withDescription("Consumer group; the first start continues from its committed offsets.");

  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      key("kafka.transaction-timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(15))
          .withDescription(
              "Brokers abort the job's open transactions after this time without the job. Must be"
                  + " longer than a checkpoint interval plus a recovery, and at most the brokers'"
                  + " transaction.max.timeout.ms (15 minutes by default).");

  public static final ConfigOption<String> TRANSACTION_PREFIX =
      key("kafka.transaction-prefix")
          .stringType()
          .defaultValue("dig-generate")
          .withDescription(
              "Prefix of the transactional ids. Jobs that share a Kafka need different ones.");

  public static final ConfigOption<String> REQUESTS_TOPIC =
      key("topics.requests")
          .stringType()
          .defaultValue("dig.requests")
          .withDescription("Topic of GenerationRequest records.");

  public static final ConfigOption<Boolean> REQUESTS_BOUNDED =
      key("topics.requests.bounded")
          .booleanType()
          .defaultValue(false)
          .withDescription("End the job once the requests present at its start are served.");

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

  public static final ConfigOption<String> CANCELLATIONS_TOPIC =
      key("topics.cancellations")
          .stringType()
          .defaultValue("dig.cancellations")
          .withDescription(
              "Topic whose records' keys are ids of requests to cancel; it may be created later."
                  + " Empty: none. A record without a value on the requests' topic, under the"
                  + " request's id as key, cancels too.");

  public static final ConfigOption<String> PREVIEWS_TOPIC =
      key("topics.previews")
          .stringType()
          .defaultValue("dig.previews")
          .withDescription(
              "Topic of previews of images that are being made, for requests with preview_every."
                  + " Empty: none.");

  public static final ConfigOption<WireFormat> TOPICS_FORMAT =
      key("topics.format")
          .enumType(WireFormat.class)
          .defaultValue(WireFormat.SINGLE_OBJECT)
          .withDescription(
              "Format of images, progress and rejects: single-object (Avro with a schema"
                  + " fingerprint), confluent (Avro with the id of a schema registry) or json. Requests"
                  + " may have any of them, mixed.");

  public static final ConfigOption<String> REGISTRY_URL =
      key("schemas.registry.url")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Schema registry for records in Confluent's wire format: Confluent's, or Apicurio's under"
                  + " /apis/ccompat/v7. User and password may stand before the host.");

  public static final ConfigOption<String> FORWARDED_HEADERS =
      key("headers.forward")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Names of headers, separated by commas, that images, progress and rejects repeat from"
                  + " the record of their request, besides traceparent, tracestate and"
                  + " correlation-id.");

  public static final ConfigOption<String> MODEL_DIRECTORY =
      key("models.directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory whose subdirectories are the model bundles to serve, on any file system that"
                  + " Flink can read; bundles that are not on the local disk are copied there first."
                  + " Required.");

  public static final ConfigOption<String> DEVICE =
      key("models.device")
          .stringType()
          .defaultValue("auto")
          .withDescription(
              "Where models run: cpu, cuda (every GPU), cuda:0,2 (these), or auto: every GPU, or the CPU"
                  + " where there is none. A subtask of Denoise or Decode takes one device: of those that"
                  + " Flink's external resource gpu gave its TaskManager, or of the host's, the one that"
                  + " fewest subtasks have.");

  public static final ConfigOption<Integer> INTRA_OP_THREADS =
      key("models.intra-op-threads")
          .intType()
          .defaultValue(0)
          .withDescription("Threads per run on a CPU; 0: one per core.");

  public static final ConfigOption<Duration> MODELS_REFRESH =
      key("models.refresh")
          .durationType()
          .defaultValue(ModelSettings.REFRESH)
          .withDescription(
              "Time between two looks at models.directory, for new models, new versions and removed"
                  + " ones; 0: only at the start.");

  public static final ConfigOption<String> ALLOWED_DIGESTS =
      key("models.allowed-digests")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Digests of the bundles that may be served, separated by commas; others are refused."
                  + " Without it every bundle in the directory is served.");

  public static final ConfigOption<MemorySize> MODELS_MEMORY =
      key("models.memory")
          .memoryType()
          .defaultValue(MemorySize.ZERO)
          .withDescription(
              "Memory that the sessions of a device may reserve; beyond it the idle one that was used"
                  + " least recently is closed until its next run. A session reserves the size of its"
                  + " files and 1536 MiB on a GPU, 64 MiB on a CPU. 0: no limit.");

  public static final ConfigOption<MemorySize> MAX_REQUEST_SIZE =
      key("limits.request-size")
          .memoryType()
          .defaultValue(MemorySize.parse("1mb"))
          .withDescription("Maximum size of a request's record.");

  public static final ConfigOption<Integer> MAX_REQUEST_ID_BYTES =
      key("limits.request-id-bytes")
          .intType()
          .defaultValue(256)
          .withDescription("Maximum length of a request id in UTF-8 bytes.");

  public static final ConfigOption<Integer> MAX_IMAGES =
      key("limits.images")
          .intType()
          .defaultValue(10_000)
          .withDescription("Maximum number of images per request.");

  public static final ConfigOption<Integer> MAX_STEPS =
      key("limits.steps")
          .intType()
          .defaultValue(1_000)
          .withDescription(
              "Maximum number of denoising steps per image; the model's training timesteps limit it"
                  + " too.");

  public static final ConfigOption<Double> MAX_GUIDANCE =
      key("limits.guidance-scale")
          .doubleType()
          .defaultValue(100.0)
          .withDescription("Maximum guidance scale.");

  public static final ConfigOption<Integer> MAX_PIXELS =
      key("limits.pixels")
          .intType()
          .defaultValue(4 << 20)
          .withDescription("Maximum number of pixels per image, width times height.");

  public static final ConfigOption<Integer> MAX_BATCH_ROWS =
      key("denoise.max-batch-rows")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Maximum number of rows per denoiser run; a guided image takes two, one conditional and"
                  + " one unconditional. 0: measured for each bundle when it is opened: the smallest"
                  + " power of two that makes 95 % of the most rows per second, up to 64 on a CPU and"
                  + " 128 on a GPU.");

  public static final ConfigOption<Duration> MAX_STEP =
      key("denoise.max-step")
          .durationType()
          .defaultValue(ModelSettings.LONGEST_STEP)
          .withDescription("A measured number of rows is not chosen if its run takes longer.");

  public static final ConfigOption<Duration> REMEMBER_REQUESTS =
      key("requests.remember")
          .durationType()
          .defaultValue(Duration.ofHours(1))
          .withDescription(
              "Within this time a request that comes again with the same id and content is ignored,"
                  + " and rejected as a conflict if its content is another. 0: ids are not looked"
                  + " at.");

  public static final ConfigOption<Duration> REMEMBER_CANCELLED =
      key("cancel.remember")
          .durationType()
          .defaultValue(Duration.ofMinutes(10))
          .withDescription(
              "Time from a cancellation during which requests with its id that arrive only then are"
                  + " cancelled too.");

  public static final ConfigOption<Duration> BATCH_WAIT =
      key("denoise.batch-wait")
          .durationType()
          .defaultValue(Duration.ZERO)
          .withDescription(
              "Time for which first steps wait for others to be taken together with them, while"
                  + " nothing that is under way waits for the device.");

  public static final ConfigOption<Integer> MAX_IN_FLIGHT =
      key("denoise.max-in-flight")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Maximum number of images that a subtask denoises at the same time; 0: 64, or as many as"
                  + " there may be rows in a run, if that is more.");

  public static final ConfigOption<Integer> MAX_IN_FLIGHT_OF_TENANT =
      key("tenants.max-in-flight")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Maximum number of images of one tenant that a subtask denoises at the same time; 0:"
                  + " denoise.max-in-flight.");

  public static final ConfigOption<Integer> MAX_WAITING =
      key("denoise.max-waiting")
          .intType()
          .defaultValue(10_000)
          .withDescription(
              "Number of portions (up to 32 images of a request) with images still waiting for a place"
                  + " in flight that a subtask holds, about a kilobyte each; at this number the job"
                  + " leaves further requests in Kafka.");

  public static final ConfigOption<Duration> RUN_TIMEOUT =
      key("denoise.run-timeout")
          .durationType()
          .defaultValue(ModelSettings.LONGEST_RUN)
          .withDescription(
              "A run of the denoiser or the decoder that takes longer hangs: the process ends, so"
                  + " that Flink starts the job in another one.");

  public static final ConfigOption<Integer> DECODE_BATCH =
      key("decode.max-batch")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Maximum number of latents per decoder run. On a GPU each run is padded to a fixed"
                  + " number of latents: this value, or fewer when images are larger than 256x256. 0: 8"
                  + " on a GPU, since an image's last bits may depend on it; on a CPU measured, at most 8.");

  public static final ConfigOption<Integer> DECODE_PARALLELISM =
      key("decode.parallelism")
          .intType()
          .defaultValue(0)
          .withDescription("Parallelism of the decoder; 0: that of the job.");

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
              "A larger image file goes to claim-check.directory and its record carries the URI. Must"
                  + " be below the brokers' message.max.bytes.");

  public static final ConfigOption<String> CLAIM_CHECK_DIRECTORY =
      key("claim-check.directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory on any file system that Flink can write to. Without one, image sizes whose"
                  + " raw pixels exceed the threshold are rejected.");

  public static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
      key("checkpoint.interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(10))
          .withDescription(
              "Time between checkpoints. Each makes new results visible to readers of committed"
                  + " records.");

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
        CANCELLATIONS_TOPIC,
        PREVIEWS_TOPIC,
        TOPICS_FORMAT,
        REGISTRY_URL,
        FORWARDED_HEADERS,
        MODEL_DIRECTORY,
        DEVICE,
        INTRA_OP_THREADS,
        MODELS_REFRESH,
        ALLOWED_DIGESTS,
        MODELS_MEMORY,
        MAX_REQUEST_SIZE,
        MAX_REQUEST_ID_BYTES,
        MAX_IMAGES,
        MAX_STEPS,
        MAX_GUIDANCE,
        MAX_PIXELS,
        MAX_BATCH_ROWS,
        REMEMBER_REQUESTS,
        REMEMBER_CANCELLED,
        MAX_STEP,
        BATCH_WAIT,
        MAX_IN_FLIGHT,
        MAX_IN_FLIGHT_OF_TENANT,
        MAX_WAITING,
        RUN_TIMEOUT,
        DECODE_BATCH,
        DECODE_PARALLELISM,
        IMAGE_METADATA,
        CLAIM_CHECK_THRESHOLD,
        CLAIM_CHECK_DIRECTORY,
        CHECKPOINT_INTERVAL);
  }
}
