package io.digflink.lab.faults;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The requests of a run: number by number the same in every run. All that a valid request asks for
 * depends on its kind, and so do its images: a run of one request of each kind tells how the images
 * of all others must look.
 *
 * @param model the bundle asked for
 * @param classes its classes
 * @param kinds how many kinds of valid requests there are; no multiple of seven
 */
public record Workload(String model, int classes, int kinds) {
  private static final int INVALID_EVERY = 7;
  private static final List<String> SAMPLERS = List.of("ddim", "dpm++", "ddpm");
  private static final int[] STEPS = {20, 40, 60, 100};

  /** The workload of the first bundle of a directory. */
  public static Workload of(Path bundles, int kinds) throws IOException {
    ModelCatalog catalog = ModelCatalog.open(bundles);
    String name = catalog.names().iterator().next();
    ModelBundle bundle = catalog.find(name).orElseThrow();
    return new Workload(name, bundle.manifest().classes().count(), kinds);
  }

  /** Requests, counted from the first, among which every kind is. */
  public int allKinds() {
    return 2 * kinds;
  }

  /** Whether the request of a number can be served. */
  public boolean isValid(int number) {
    return number % INVALID_EVERY != INVALID_EVERY - 1;
  }

  /** The kind of a valid request. */
  public int kind(int number) {
    return number % kinds;
  }

  /** Id of the request of a number. */
  public String id(int number) {
    return "request-" + number;
  }

  /** Number of the request that an id names. */
  public int number(String id) {
    return Integer.parseInt(id.substring("request-".length()));
  }

  /** Images of a valid request: one to three. */
  public int images(int kind) {
    return 1 + kind % 3;
  }

  /** Denoising steps of each image of a valid request. */
  public int steps(int kind) {
    return STEPS[kind % STEPS.length];
  }

  /** The request of a kind. */
  public GenerationRequest request(String id, int kind) {
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel(model)
        .setLabels(List.of(kind % classes))
        .setImagesPerLabel(images(kind))
        .setSeed(kind)
        .setSampler(SAMPLERS.get(kind / 4 % SAMPLERS.size()))
        .setSteps(steps(kind))
        .setGuidanceScale(kind % 2 == 0 ? 1 : 1.5)
        .build();
  }

  /** Bytes of the request of a number, which nobody else's are. */
  public byte[] bytes(int number) {
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    GenerationRequest request = request(id(number), kind(number));
    if (isValid(number)) {
      return codec.encode(request);
    }
    return switch (number / INVALID_EVERY % 4) {
      case 0 -> randomBytes(number);
      case 1 -> truncated(codec.encode(request));
      case 2 -> {
        request.setModel("no-such-model");
        yield codec.encode(request);
      }
      default -> {
        request.setSteps(-number);
        yield codec.encode(request);
      }
    };
  }

  private static byte[] randomBytes(int number) {
    byte[] bytes = new byte[64];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  /** The id is at the start, so that no two are the same. */
  private static byte[] truncated(byte[] record) {
    return Arrays.copyOf(record, record.length - 9);
  }
}
