package io.digflink.cli;

import io.digflink.bundle.ModelManifest;
import io.digflink.schemas.GenerationRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The demo's requests: one image each, of mixed classes, samplers, steps and guidance. */
final class DemoRequests {
  private record Way(String sampler, int steps, double guidance) {}

  private static final List<Way> WAYS =
      List.of(
          new Way("dpm++", 20, 1.5),
          new Way("ddim", 25, 1.0),
          new Way("ddpm", 50, 1.0),
          new Way("dpm++", 15, 3.0));

  private DemoRequests() {}

  static List<GenerationRequest> of(ModelManifest model, int images, Instant deadline) {
    int classes = model.classes() == null ? 0 : model.classes().count();
    boolean guided = classes > 0 && model.classes().nullClass() != null;
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      // Every class comes in every way in turn.
      Way way = WAYS.get((classes == 0 ? i : i / classes) % WAYS.size());
      requests.add(
          GenerationRequest.newBuilder()
              .setRequestId("demo-" + i)
              .setModel(model.name())
              .setLabels(classes == 0 ? List.of() : List.of(i % classes))
              .setSeed(i)
              .setSampler(way.sampler())
              .setSteps(way.steps())
              .setGuidanceScale(guided ? way.guidance() : 1)
              .setCreatedAt(Instant.now())
              .setDeadline(deadline)
              .build());
    }
    return requests;
  }
}
