package io.digflink.jobs.denoise;

import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a subtask of Denoise does with its portions, run after run, without a model: every step is
 * taken, with no noise predicted anywhere.
 */
final class SimulatedSubtask {
  /** Small, so that many steps take no time. */
  static final LatentShape SHAPE = new LatentShape(4, 1, 1);

  private static final int PORTION = 32;

  private final InFlight inFlight;
  private final StepBatcher batcher;
  private final ToLongFunction<Flow> slack;
  private final List<String> begun = new ArrayList<>();
  private final Map<String, Integer> begunById = new HashMap<>();
  private final Map<String, Integer> begunByTenant = new HashMap<>();
  private final Map<String, Integer> firstRun = new HashMap<>();
  private final Map<String, float[]> done = new HashMap<>();
  private int runs;

  SimulatedSubtask(int places, int placesOfTenant, int rows) {
    this(places, placesOfTenant, rows, flow -> 0);
  }

  /**
   * @param rows most rows of a run
   * @param slack slack of a request with a deadline
   */
  SimulatedSubtask(int places, int placesOfTenant, int rows, ToLongFunction<Flow> slack) {
    this.inFlight = new InFlight(places, placesOfTenant);
    this.batcher = new StepBatcher(new FailedRunPolicy<>(key -> rows, 10));
    this.slack = slack;
  }

  /** A request comes, in portions. */
  void add(GenerationRequest.Builder request, int images) {
    AdmittedRequest admitted = TestPortions.admitted(request, images, SHAPE);
    for (int from = 0; from < images; from += PORTION) {
      inFlight.add(TestPortions.of(admitted, from, Math.min(images, from + PORTION)));
    }
    begin();
  }

  /** A run: some images take a step, those that are done leave, others begin. */
  void run() {
    runs++;
    List<ImageInFlight> images = batcher.choose(inFlight.stepping());
    if (!images.isEmpty()) {
      images.forEach(image -> firstRun.putIfAbsent(idOf(image.portion()), runs));
      TestPortions.step(images);
      inFlight.stepped(images);
    }
    for (ImageInFlight image : inFlight.takeEnded()) {
      String name = idOf(image.portion()) + "#" + image.index();
      if (done.put(name, image.trajectory().latent()) != null) {
        throw new AssertionError(name + " left twice");
      }
    }
    begin();
  }

  void run(int times) {
    for (int i = 0; i < times; i++) {
      run();
    }
  }

  /** Runs until nothing is held. */
  void runAll() {
    while (!inFlight.portions().isEmpty()) {
      run();
    }
  }

  private void begin() {
    PortionInFlight next;
    while ((next = inFlight.nextToBegin(slack)) != null) {
      inFlight.begin(TestPortions.next(next, runs));
      begun.add(idOf(next));
      begunById.merge(idOf(next), 1, Integer::sum);
      begunByTenant.merge(next.portion().tenant(), 1, Integer::sum);
    }
  }

  private static String idOf(PortionInFlight portion) {
    return portion.portion().requestId();
  }

  InFlight inFlight() {
    return inFlight;
  }

  int runs() {
    return runs;
  }

  /** Ids of requests in the order in which their images begun. */
  List<String> begun() {
    return begun;
  }

  int begunOf(String id) {
    return begunById.getOrDefault(id, 0);
  }

  int begunOfTenant(String tenant) {
    return begunByTenant.getOrDefault(tenant, 0);
  }

  /** The run in which an image of the request took the first step; 0 for none yet. */
  int firstRunOf(String id) {
    return firstRun.getOrDefault(id, 0);
  }

  /** Latents by id and index. */
  Map<String, float[]> done() {
    return done;
  }
}
