package io.digflink.jobs.generate;

import io.digflink.jobs.admit.AdmitOperatorFactory;
import io.digflink.jobs.admit.Limits;
import io.digflink.jobs.decode.DecodeOperatorFactory;
import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseOperatorFactory;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.schemas.GeneratedImage;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** The three stages with which every job makes images, with the names and uids of their state. */
public final class Stages {
  private Stages() {}

  /**
   * The requests that are served; the others leave by {@link SideOutputs#REJECTED}.
   *
   * @param registryUrl of a schema registry; null for none
   */
  public static SingleOutputStreamOperator<AdmittedRequest> admit(
      DataStream<IncomingRecord> requests,
      ModelSettings models,
      Limits limits,
      String registryUrl) {
    return requests
        .transform(
            "Admit",
            TypeInformation.of(AdmittedRequest.class),
            new AdmitOperatorFactory(models, limits, registryUrl))
        .uid("admit");
  }

  /** Latents of the requests' images by continuous batching, and news of the requests. */
  public static SingleOutputStreamOperator<Handover> denoise(
      DataStream<AdmittedRequest> admitted, ModelSettings models, DenoiseSettings settings) {
    return admitted
        .transform(
            "Denoise",
            TypeInformation.of(Handover.class),
            new DenoiseOperatorFactory(settings, models))
        .uid("denoise");
  }

  /**
   * Image files of latents, and progress by {@link SideOutputs#PROGRESS}; what belongs to one
   * request stays in order.
   */
  public static SingleOutputStreamOperator<Answer<GeneratedImage>> decode(
      DataStream<Handover> denoised, ModelSettings models, DecodeSettings settings) {
    return denoised
        .keyBy(Handover::requestId)
        .transform(
            "Decode",
            TypeInformation.of(new TypeHint<Answer<GeneratedImage>>() {}),
            new DecodeOperatorFactory(settings, models))
        .uid("decode");
  }
}
