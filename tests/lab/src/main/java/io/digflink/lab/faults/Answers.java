package io.digflink.lab.faults;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What came of the requests of a run, as a reader of committed records saw it. Filled by one thread
 * and read by others.
 */
public final class Answers {
  private final Workload workload;
  private final Map<String, String> undisturbed;
  private final Map<String, Integer> images = new HashMap<>();
  private final Map<String, String> digests = new HashMap<>();
  private final Map<String, Integer> imagesOfRequest = new HashMap<>();
  private final Map<String, Integer> rejects = new HashMap<>();
  private final Set<String> running = new HashSet<>();
  private int differing;
  private int answered;
  private long steps;

  /**
   * No answers yet.
   *
   * @param undisturbed digests that images must have, by kind and index; null: the first of each
   *     kind
   */
  public Answers(Workload workload, Map<String, String> undisturbed) {
    this.workload = workload;
    this.undisturbed = undisturbed;
  }

  /** The requests that are answered. */
  public Workload workload() {
    return workload;
  }

  /** Takes an image. */
  synchronized void image(GeneratedImage image) {
    String id = image.getRequestId();
    int kind = workload.kind(workload.number(id));
    if (images.merge(id + "/" + image.getIndex(), 1, Integer::sum) == 1
        && imagesOfRequest.merge(id, 1, Integer::sum) == workload.images(kind)) {
      answered++;
    }
    steps += image.getSteps();
    String digest = DigestUtils.sha256Hex(bytes(image.getBytes()));
    String key = kind + "/" + image.getIndex();
    digests.putIfAbsent(key, digest);
    String expected = (undisturbed == null ? digests : undisturbed).get(key);
    differing += digest.equals(expected) ? 0 : 1;
  }

  /** Takes a reject. */
  synchronized void reject(RejectedRequest reject) {
    String digest = DigestUtils.sha256Hex(bytes(reject.getOriginal()));
    if (rejects.merge(digest, 1, Integer::sum) == 1) {
      answered++;
    }
  }

  /** Takes progress: a request runs from its first image's first step to its last image. */
  synchronized void progress(RequestProgress progress) {
    if (progress.getState() == RequestState.RUNNING) {
      running.add(progress.getRequestId());
    } else {
      running.remove(progress.getRequestId());
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** Requests that are answered in full. */
  public synchronized int answered() {
    return answered;
  }

  /** Requests that had begun and were not done at the last checkpoint whose results are visible. */
  public synchronized int running() {
    return running.size();
  }

  /** Digests of the images by kind and index. */
  synchronized Map<String, String> digests() {
    return Map.copyOf(digests);
  }

  /** Denoising steps of all images that were read. */
  synchronized long steps() {
    return steps;
  }

  /** Judges a run of the requests of numbers below {@code requests}. */
  synchronized Verdict judge(int requests) {
    int expectedImages = 0;
    int lost = 0;
    int twice = 0;
    int invalid = 0;
    Map<String, Integer> imagesLeft = new HashMap<>(images);
    Map<String, Integer> rejectsLeft = new HashMap<>(rejects);
    for (int number = 0; number < requests; number++) {
      if (!workload.isValid(number)) {
        invalid++;
        Integer found = rejectsLeft.remove(DigestUtils.sha256Hex(workload.bytes(number)));
        lost += found == null ? 1 : 0;
        twice += found == null ? 0 : found - 1;
        continue;
      }
      for (int index = 0; index < workload.images(workload.kind(number)); index++) {
        expectedImages++;
        Integer found = imagesLeft.remove(workload.id(number) + "/" + index);
        lost += found == null ? 1 : 0;
        twice += found == null ? 0 : found - 1;
      }
    }
    int unasked = imagesLeft.size() + rejectsLeft.size();
    return new Verdict(requests, expectedImages, invalid, lost, twice, differing, unasked);
  }
}
