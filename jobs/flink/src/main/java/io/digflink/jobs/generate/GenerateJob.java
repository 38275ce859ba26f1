package io.digflink.jobs.generate;

import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.jobs.kafka.KafkaAccessException;
import io.digflink.jobs.kafka.KafkaEnds;
import io.digflink.jobs.kafka.PreviewTopic;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streaming job: requests from Kafka, images to Kafka.
 *
 * <pre>
 *   requests ─► Admit ─(by id)─► Repeats ─(portions, to any)─► Denoise ─(by portion)─► Decode ─► images
 *                 │                 │            ▲                │                      │
 *   cancellations ┼─────────────────┼── to all ──┘                │                      │
 *                 │                 └───────── events, by request ┴──────────────────────┴─► Progress ─► progress
 *                 └─► rejects                                                                  └─► rejects
 * </pre>
 *
 * <p>Images of a request are made by any subtasks and leave in any order. Progress counts them and
 * alone tells clients how far their requests are. Admit tells it only of requests that have expired
 * before they are admitted, of which nothing else follows.
 */
public final class GenerateJob {
  /** The job's name, unless the cluster sets {@code pipeline.name}. */
  public static final String NAME = "dig-generate";

  private static final Logger LOG = LoggerFactory.getLogger(GenerateJob.class);

  private GenerateJob() {}

  /** Submits the job to the cluster of the environment; the arguments are {@link JobArguments}. */
  public static void main(String[] arguments) throws Exception {
    GenerateSettings settings = GenerateSettings.of(JobArguments.parse(arguments));
    checkAccess(settings);
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    build(environment, settings);
    environment.execute();
  }

  /**
   * A client that brokers refuse is refused again at every restart. Whoever submits may not reach
   * them at all: that the job will see.
   */
  private static void checkAccess(GenerateSettings settings) throws Exception {
    try {
      KafkaAccess.check(settings.kafka().client(), settings.topics().names());
    } catch (KafkaAccessException e) {
      if (e.isRefused()) {
        throw e;
      }
      LOG.warn("Submitting all the same: {}", e.getMessage());
    }
  }

  /** Builds the job on an environment. */
  public static void build(StreamExecutionEnvironment environment, GenerateSettings settings) {
    configure(environment, settings);
    KafkaEnds kafka = new KafkaEnds(settings.kafka(), settings.records());
    GenerateSettings.Topics topics = settings.topics();
    DataStream<IncomingRecord> requests =
        environment
            .fromSource(
                kafka.source(topics.requests(), topics.bounded()),
                WatermarkStrategy.noWatermarks(),
                "requests")
            .uid("requests");
    PreviewTopic previews = topics.previews().isEmpty() ? null : kafka.previews(topics.previews());
    Images images = images(requests, cancelled(environment, kafka, topics), settings, previews);
    images.images().sinkTo(kafka.images(topics.images())).name("images").uid("images");
    // A few small records: one writer each, since each costs brokers a transaction per checkpoint.
    // One writer also keeps the progress of a request in order.
    images
        .progress()
        .sinkTo(kafka.progress(topics.progress()))
        .name("progress")
        .uid("progress")
        .setParallelism(1);
    images
        .rejected()
        .sinkTo(kafka.rejected(topics.rejected()))
        .name("rejected")
        .uid("rejected")
        .setParallelism(1);
  }

  /** Ids of cancelled requests; their topic need not be there. */
  private static List<DataStream<QueueItem>> cancelled(
      StreamExecutionEnvironment environment, KafkaEnds kafka, GenerateSettings.Topics topics) {
    if (topics.cancellations().isEmpty()) {
      return List.of();
    }
    return List.of(
        environment
            .fromSource(
                kafka.cancellations(topics.cancellations(), topics.bounded()),
                WatermarkStrategy.noWatermarks(),
                "cancellations")
            .uid("cancellations")
            .setParallelism(1)
            .filter(record -> record.key().length > 0)
            .setParallelism(1)
            .map(QueueItem::cancelled)
            .returns(TypeInformation.of(QueueItem.class))
            .setParallelism(1));
  }

  /**
   * What comes of requests.
   *
   * @param images finished images
   * @param progress how far requests are, in order within a request
   * @param rejected what is not served
   */
  public record Images(
      DataStream<Answer<GeneratedImage>> images,
      DataStream<Answer<RequestProgress>> progress,
      DataStream<Answer<RejectedRequest>> rejected) {}

  /**
   * The job without its ends.
   *
   * @param cancelled requests that are cancelled
   * @param previews where previews go; null for none
   */
  public static Images images(
      DataStream<IncomingRecord> requests,
      List<DataStream<QueueItem>> cancelled,
      GenerateSettings settings,
      PreviewTopic previews) {
    SingleOutputStreamOperator<QueueItem> admitted =
        Stages.admit(
            requests, settings.models(), settings.limits(), settings.records().registryUrl());
    SingleOutputStreamOperator<QueueItem> portions =
        Stages.withoutRepeats(admitted, settings.rememberRequests());
    List<DataStream<QueueItem>> allCancelled = new ArrayList<>(cancelled);
    allCancelled.add(admitted.getSideOutput(SideOutputs.CANCELLED));
    SingleOutputStreamOperator<Handover> denoised =
        Stages.denoise(portions, allCancelled, settings.models(), settings.denoise(), previews);
    SingleOutputStreamOperator<Answer<GeneratedImage>> decoded =
        Stages.decode(denoised, settings.models(), settings.decode());
    if (settings.decodeParallelism() > 0) {
      decoded.setParallelism(settings.decodeParallelism());
    }
    SingleOutputStreamOperator<Answer<RequestProgress>> progress =
        Stages.progress(portions, denoised, decoded);
    return new Images(
        decoded,
        admitted.getSideOutput(SideOutputs.PROGRESS).union(progress),
        admitted
            .getSideOutput(SideOutputs.REJECTED)
            .union(
                portions.getSideOutput(SideOutputs.REJECTED),
                progress.getSideOutput(SideOutputs.REJECTED)));
  }

  private static void configure(StreamExecutionEnvironment environment, GenerateSettings settings) {
    ReadableConfig given = environment.getConfiguration();
    Configuration configuration = new Configuration();
    if (given.getOptional(PipelineOptions.NAME).isEmpty()) {
      configuration.set(PipelineOptions.NAME, NAME);
    }
    configuration.set(PipelineOptions.GLOBAL_JOB_PARAMETERS, settings.shown());
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    // No operator changes an element that it has passed on.
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, settings.checkpointInterval());
    if (given.getOptional(ExecutionOptions.BUFFER_TIMEOUT).isEmpty()) {
      // A request crosses the network four times before its image is out.
      configuration.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ofMillis(5));
    }
    if (given.getOptional(CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS).isEmpty()) {
      // The first one waits as long, or else for a random part of it: it fails if the tasks are
      // still loading models.
      configuration.set(
          CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS, settings.checkpointInterval());
    }
    if (given.getOptional(CheckpointingOptions.ENABLE_UNALIGNED).isEmpty()) {
      // A full Decode holds its input back; aligned barriers would wait behind it.
      configuration.set(CheckpointingOptions.ENABLE_UNALIGNED, true);
    }
    if (given.getOptional(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER).isEmpty()) {
      configuration.set(
          CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, settings.failedCheckpoints());
    }
    if (given.getOptional(RestartStrategyOptions.RESTART_STRATEGY).isEmpty()) {
      // Without end: brokers may be away for hours. The delay grows to a minute.
      configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
      configuration.set(
          RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
          Duration.ofMinutes(2));
    }
    environment.configure(configuration);
  }
}
