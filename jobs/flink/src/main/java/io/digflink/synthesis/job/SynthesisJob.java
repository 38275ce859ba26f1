package io.digflink.synthesis.job;

import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.generate.Stages;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.plan.DatasetPlan;
import io.digflink.synthesis.store.ShardLayout;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * The bounded job.
 *
 * <pre>
 *   0 … requests−1 ─► what is missing ─► Admit ─► Denoise ─► latents ─(by request)─► Decode
 *                                          │         │          │                      │
 *                                       rejects   rejects    latents            images, rejects
 *                                          └─────────┴──────────┴──(by shard)──────────┴─► spools, shards
 * </pre>
 *
 * There are no checkpoints and no restarts by Flink: what is done is on disk, one image at a time,
 * and the job asks the disk what is missing whenever it starts. A failure costs the images in
 * flight.
 */
public final class SynthesisJob {
  /** Name in the dashboard. */
  public static final String NAME = "dig-synthesize";

  private SynthesisJob() {}

  /** Builds the job on an environment. */
  public static void build(
      StreamExecutionEnvironment environment, DatasetPlan plan, SynthesisSettings settings) {
    configure(environment, settings);
    DataStream<IncomingRecord> requests =
        environment
            .fromSequence(0, plan.requests() - 1)
            .uid("numbers")
            .flatMap(new RequestsToMake(plan, settings.dataset()))
            .returns(TypeInformation.of(IncomingRecord.class))
            .name("What is missing")
            .uid("missing");
    DataStream<Outcome> outcomes = outcomes(requests, plan, settings);
    ShardLayout layout = settings.dataset().layout();
    outcomes
        .keyBy(new ShardOf(layout))
        .process(new ShardCollector(settings.dataset()))
        .returns(Types.VOID)
        .name("Shards")
        .uid("shards")
        .sinkTo(new DiscardingSink<>())
        .name("End")
        .uid("end");
  }

  private static DataStream<Outcome> outcomes(
      DataStream<IncomingRecord> requests, DatasetPlan plan, SynthesisSettings settings) {
    SingleOutputStreamOperator<QueueItem> admitted =
        Stages.admit(requests, settings.models(), SynthesisSettings.LIMITS, null);
    SingleOutputStreamOperator<QueueItem> portions = Stages.withoutRepeats(admitted, Duration.ZERO);
    SingleOutputStreamOperator<Handover> denoised =
        Stages.denoise(portions, List.of(), settings.models(), settings.denoise(), null);
    SingleOutputStreamOperator<Handover> latents =
        denoised
            .process(new LatentOutcomes(plan, settings.dataset().info().latents()))
            .returns(TypeInformation.of(Handover.class))
            .name("Latents")
            .uid("finite");
    SingleOutputStreamOperator<Answer<GeneratedImage>> decoded =
        Stages.decode(latents, settings.models(), settings.decode());
    DataStream<Outcome> failed =
        admitted
            .getSideOutput(SideOutputs.REJECTED)
            .union(Stages.progress(portions, denoised, decoded).getSideOutput(SideOutputs.REJECTED))
            .map(new FailureOutcome(plan))
            .returns(TypeInformation.of(Outcome.class))
            .uid("failures");
    return decoded
        .map(new ImageOutcome(plan))
        .returns(TypeInformation.of(Outcome.class))
        .name("Place in the data set")
        .uid("places")
        .union(failed, latents.getSideOutput(LatentOutcomes.OUTCOMES));
  }

  private static void configure(
      StreamExecutionEnvironment environment, SynthesisSettings settings) {
    Configuration configuration = new Configuration();
    if (environment.getConfiguration().getOptional(PipelineOptions.NAME).isEmpty()) {
      configuration.set(PipelineOptions.NAME, NAME);
    }
    configuration.set(PipelineOptions.GLOBAL_JOB_PARAMETERS, settings.shown());
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    // A failed job is started anew from outside, where its cause is reported and the disk counted.
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    environment.configure(configuration);
    environment.setParallelism(settings.parallelism());
  }
}
