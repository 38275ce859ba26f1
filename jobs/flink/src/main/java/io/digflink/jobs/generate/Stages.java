package io.digflink.jobs.generate;

import io.digflink.jobs.admit.AdmitOperatorFactory;
import io.digflink.jobs.admit.Limits;
import io.digflink.jobs.admit.RepeatFilter;
import io.digflink.jobs.decode.DecodeOperatorFactory;
import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseOperatorFactory;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.kafka.PreviewTopic;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.progress.ProgressFunction;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RequestProgress;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** The stages with which every job makes images, with the names and uids of their state. */
public final class Stages {
  private Stages() {}

  /**
   * The portions of the requests that are served; the others leave by {@link SideOutputs#REJECTED}.
   *
   * @param registryUrl of a schema registry; null for none
   */
  public static SingleOutputStreamOperator<QueueItem> admit(
      DataStream<IncomingRecord> requests,
      ModelSettings models,
      Limits limits,
      String registryUrl) {
    return requests
        .transform(
            "Admit",
            TypeInformation.of(QueueItem.class),
            new AdmitOperatorFactory(models, limits, registryUrl))
        .uid("admit");
  }

  /**
   * The portions of requests that are new.
   *
   * @param remember how long a request is remembered; zero: not at all
   */
  public static SingleOutputStreamOperator<QueueItem> withoutRepeats(
      DataStream<QueueItem> portions, Duration remember) {
    return portions
        .keyBy(item -> item.portion().requestId())
        .process(new RepeatFilter(remember))
        .returns(TypeInformation.of(QueueItem.class))
        .name("Repeats")
        .uid("repeats");
  }

  /**
   * Latents of the portions' images by continuous batching.
   *
   * @param cancelled what all subtasks hear of
   * @param previews where previews go; null for none
   */
  public static SingleOutputStreamOperator<Handover> denoise(
      DataStream<QueueItem> portions,
      List<DataStream<QueueItem>> cancelled,
      ModelSettings models,
      DenoiseSettings settings,
      PreviewTopic previews) {
    // By key, because Flink takes no unaligned checkpoints of records that a partitioner of ours
    // sends: it could not tell where they belong at another parallelism.
    DataStream<QueueItem> items = portions.keyBy(QueueItem::place);
    for (DataStream<QueueItem> ids : cancelled) {
      items = items.union(ids.broadcast());
    }
    return items
        .transform(
            "Denoise",
            TypeInformation.of(Handover.class),
            new DenoiseOperatorFactory(settings, models, previews))
        .uid("denoise");
  }

  /** Image files of latents. */
  public static SingleOutputStreamOperator<Answer<GeneratedImage>> decode(
      DataStream<Handover> denoised, ModelSettings models, DecodeSettings settings) {
    return denoised
        .keyBy(Handover::key)
        .transform(
            "Decode",
            TypeInformation.of(new TypeHint<Answer<GeneratedImage>>() {}),
            new DecodeOperatorFactory(settings, models))
        .uid("decode");
  }

  /** How far requests are, in order, by what happens to them in the stages before. */
  public static SingleOutputStreamOperator<Answer<RequestProgress>> progress(
      SingleOutputStreamOperator<?>... stages) {
    DataStream<RequestEvent> events = stages[0].getSideOutput(SideOutputs.EVENTS);
    for (int i = 1; i < stages.length; i++) {
      events = events.union(stages[i].getSideOutput(SideOutputs.EVENTS));
    }
    return events
        .keyBy(RequestEvent::source)
        .process(new ProgressFunction())
        .returns(TypeInformation.of(new TypeHint<Answer<RequestProgress>>() {}))
        .name("Progress")
        .uid("requests-in-progress");
  }
}
