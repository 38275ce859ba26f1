package io.digflink.lab.faults;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The requests of a run: number by number the same in every run. All that a valid request asks for
 * depends on its kind, and so do its images: a run of one request of each kind tells how the images
 * of all others must look.
 *
 * @param model the bundle asked for
 * @param classes its classes
 * @param kinds how many kinds of valid requests of a few images there are; no multiple of seven
 * @param isMixed whether some are large, cancelled, sent twice, or have an id of another one
 */
public record Workload(String model, int classes, int kinds, boolean isMixed) {
  private static final int INVALID_EVERY = 7;
  private static final int LARGE_IMAGES = 104;
  private static final int LARGE_STEPS = 8;
  private static final List<String> SAMPLERS = List.of("ddim", "dpm++", "ddpm");
  private static final int[] STEPS = {20, 40, 60, 100};

  /** One of plain requests. */
  public Workload(String model, int classes, int kinds) {
    this(model, classes, kinds, false);
  }

  /** The same with large requests, repeats, conflicts and cancellations among them. */
  public Workload mixed() {
    return new Workload(model, classes, kinds, true);
  }

  /** The workload of the first bundle of a directory. */
  public static Workload of(Path bundles, int kinds) throws IOException {
    ModelCatalog catalog = ModelCatalog.open(bundles);
    String name = catalog.names().iterator().next();
    ModelBundle bundle = catalog.find(name).orElseThrow();
    return new Workload(name, bundle.manifest().classes().count(), kinds);
  }

  /** Requests, counted from the first, among which every kind is that is not cancelled. */
  public int allKinds() {
    Set<Integer> found = new HashSet<>();
    int wanted = isMixed ? kinds + 1 : kinds;
    int number = 0;
    while (found.size() < wanted) {
      Role role = role(number);
      if (role == Role.PLAIN || role == Role.LARGE) {
        found.add(kind(number));
      }
      number++;
    }
    return Math.max(number, 2 * kinds);
  }

  /** What the request of a number is for. */
  Role role(int number) {
    if (!isValid(number)) {
      return Role.INVALID;
    }
    Role role = isMixed ? Role.of(number) : Role.PLAIN;
    boolean isOfAnother = role == Role.REPEAT || role == Role.CONFLICT;
    return isOfAnother && !isValid(Role.earlier(number)) ? Role.PLAIN : role;
  }

  /** Whether the request of a number can be served. */
  public boolean isValid(int number) {
    return number % INVALID_EVERY != INVALID_EVERY - 1;
  }

  /** The kind of a valid request. */
  public int kind(int number) {
    return switch (role(number)) {
      case LARGE, LARGE_CANCELLED -> kinds;
      case REPEAT, CONFLICT -> kind(Role.earlier(number));
      default -> number % kinds;
    };
  }

  /** Id of the request of a number, which a repeat and a conflict share with an earlier one. */
  public String id(int number) {
    Role role = role(number);
    boolean isOfAnother = role == Role.REPEAT || role == Role.CONFLICT;
    return "request-" + (isOfAnother ? Role.earlier(number) : number);
  }

  /** Number of the first request that has an id. */
  public int number(String id) {
    return Integer.parseInt(id.substring("request-".length()));
  }

  /** Images of a valid request: one to three, or many. */
  public int images(int kind) {
    return kind == kinds ? LARGE_IMAGES : 1 + kind % 3;
  }

  /** Denoising steps of each image of a valid request. */
  public int steps(int kind) {
    return kind == kinds ? LARGE_STEPS : STEPS[kind % STEPS.length];
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

  /** Bytes of the request of a number, which are nobody else's but a repeat's. */
  public byte[] bytes(int number) {
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    GenerationRequest request = request(id(number), kind(number));
    if (role(number) == Role.CONFLICT) {
      request.setSeed(-number);
    }
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
