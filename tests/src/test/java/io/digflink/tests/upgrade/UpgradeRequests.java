package io.digflink.tests.upgrade;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.GuidanceChannels;
import io.digflink.schemas.codec.RecordCodec;
import java.util.ArrayList;
import java.util.List;

/**
 * The requests of a recording: of every sampler, with and without guidance, of many steps, so that
 * they are in flight while images of one step keep Decode busy, and some that come after these.
 */
final class UpgradeRequests {
  /** Images of one step of each partition. */
  static final int QUICK = 400;

  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private UpgradeRequests() {}

  /** All of them, in the order in which they are sent. */
  static List<RecordedRequest> all() {
    List<RecordedRequest> requests = new ArrayList<>();
    for (int partition = 0; partition < UpgradeJob.PARTITIONS; partition++) {
      for (GenerationRequest.Builder request : of(partition)) {
        requests.add(recorded(partition, request.build()));
      }
    }
    return requests;
  }

  private static RecordedRequest recorded(int partition, GenerationRequest request) {
    return new RecordedRequest(
        partition,
        0,
        request.getRequestId(),
        Math.max(1, request.getLabels().size()) * request.getImagesPerLabel(),
        request.getSteps(),
        request.toString(),
        CODEC.encode(request));
  }

  private static List<GenerationRequest.Builder> of(int p) {
    int fewer = 100 * p;
    return List.of(
        request(p, "ddpm", "ddpm", 1000 - fewer).setLabels(List.of(3, 1)),
        request(p, "ddim", "ddim", 800 - fewer).setGuidanceScale(2.5).setImagesPerLabel(2),
        interval(request(p, "ddim-eta", "ddim", 600 - fewer)).setEta(0.7),
        interval(request(p, "dpm", "dpm++", 700 - fewer)).setImagesPerLabel(2),
        request(p, "dpm-alone", "dpm++", 500 / (1 + p)).setTimestepSpacing("ddim"),
        request(p, "quick", "ddim", 1).setLabels(List.of(5, 8)).setImagesPerLabel(QUICK / 2),
        request(p, "unconditional", "ddpm", 30).setLabels(List.of()).setImagesPerLabel(3),
        request(p, "wide", "ddim", 20).setEta(1.0).setWidth(128).setImagesPerLabel(2),
        request(p, "unread", "dpm++", 12).setImageFormat("jpeg").setJpegQuality(95),
        request(p, "unread-guided", "ddpm", 15).setGuidanceScale(4));
  }

  private static GenerationRequest.Builder request(int p, String name, String sampler, int steps) {
    return GenerationRequest.newBuilder()
        .setRequestId(name + "-" + p)
        .setModel(Recording.MODEL)
        .setLabels(List.of(2 + p))
        .setSeed(name.hashCode() + 7L * p)
        .setSampler(sampler)
        .setSteps(steps);
  }

  private static GenerationRequest.Builder interval(GenerationRequest.Builder request) {
    return request
        .setGuidanceScale(3)
        .setGuidanceChannels(GuidanceChannels.ALL)
        .setGuidanceFrom(0.2)
        .setGuidanceTo(0.8);
  }
}
