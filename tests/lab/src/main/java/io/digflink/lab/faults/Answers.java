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
  private final Endings endings = new Endings();
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
    if (images.merge(id + "/" + image.getIndex(), 1, Integer::sum) == 1) {
      int found = imagesOfRequest.merge(id, 1, Integer::sum);
      if (!isCancelled(id) && found == workload.images(kind)) {
        answered++;
      }
    }
    endings.image(id);
    countIfCancelled(id);
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
    endings.progress(progress);
    countIfCancelled(progress.getRequestId());
  }

  /** Notes that a request was sent: that is all that a repeat waits for. */
  synchronized void sent(int number) {
    answered += workload.role(number) == Role.REPEAT ? 1 : 0;
  }

  /** Notes that everything has been read that was visible with the ends read so far. */
  synchronized void close() {
    endings.close();
  }

  private boolean isCancelled(String id) {
    return workload.role(workload.number(id)).isCancelled();
  }

  /** One that is cancelled is answered when it has ended and its images are there. */
  private void countIfCancelled(String id) {
    if (isCancelled(id) && endings.isComplete(id, imagesOfRequest.getOrDefault(id, 0))) {
      answered++;
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** Images of a request that have come. */
  synchronized int imagesOf(String id) {
    return imagesOfRequest.getOrDefault(id, 0);
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
    return new Judge(requests).judge();
  }

  private final class Judge {
    private final int requests;
    private final Map<String, Integer> imagesLeft = new HashMap<>(images);
    private final Map<String, Integer> rejectsLeft = new HashMap<>(rejects);
    private int expectedImages;
    private int lost;
    private int twice;
    private int invalid;
    private int large;
    private int repeats;
    private int conflicts;
    private int cancelled;
    private int tooLate;
    private int madeOfCancelled;
    private int wrongEnds;

    Judge(int requests) {
      this.requests = requests;
    }

    Verdict judge() {
      for (int number = 0; number < requests; number++) {
        Role role = workload.role(number);
        switch (role) {
          case INVALID, CONFLICT -> judgeReject(number);
          case CANCELLED, LARGE_CANCELLED -> judgeCancelled(number);
          case REPEAT -> repeats++;
          case PLAIN, LARGE -> judgeImages(number);
        }
        large += role == Role.LARGE ? 1 : 0;
        conflicts += role == Role.CONFLICT ? 1 : 0;
      }
      Mix mix =
          new Mix(
              large,
              repeats,
              conflicts,
              cancelled,
              tooLate,
              madeOfCancelled,
              wrongEnds + endings.twice(),
              endings.afterCancelled());
      int unasked = imagesLeft.size() + rejectsLeft.size();
      return new Verdict(requests, expectedImages, invalid, lost, twice, differing, unasked, mix);
    }

    private void judgeReject(int number) {
      invalid++;
      count(rejectsLeft.remove(DigestUtils.sha256Hex(workload.bytes(number))));
    }

    private void judgeImages(int number) {
      for (int index = 0; index < workload.images(workload.kind(number)); index++) {
        expectedImages++;
        count(imagesLeft.remove(workload.id(number) + "/" + index));
      }
    }

    private void count(Integer found) {
      lost += found == null ? 1 : 0;
      twice += found == null ? 0 : found - 1;
    }

    /** Any of its images may be there, once, and as many as its end says. */
    private void judgeCancelled(int number) {
      String id = workload.id(number);
      int made = 0;
      for (int index = 0; index < workload.images(workload.kind(number)); index++) {
        Integer found = imagesLeft.remove(id + "/" + index);
        made += found == null ? 0 : 1;
        twice += found == null ? 0 : found - 1;
      }
      RequestProgress end = endings.of(id);
      if (end == null) {
        lost++;
        return;
      }
      if (end.getState() == RequestState.CANCELLED) {
        cancelled++;
        madeOfCancelled += made;
      } else {
        tooLate++;
      }
      boolean isKnown =
          end.getState() == RequestState.CANCELLED || end.getState() == RequestState.COMPLETED;
      wrongEnds += isKnown && end.getImagesDone() == made ? 0 : 1;
    }
  }
}
