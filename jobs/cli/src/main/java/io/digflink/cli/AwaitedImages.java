package io.digflink.cli;

import io.digflink.cli.client.RecordReader;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedJob;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.registry.SchemaRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/** Waits for the images of requests, until one is rejected, the job ends or the time is over. */
final class AwaitedImages implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final TopicReader<GeneratedImage> images;
  private final TopicReader<RejectedRequest> rejects;

  /** What is done with an image. */
  @FunctionalInterface
  interface Taker {
    /** Takes an image. */
    void take(GeneratedImage image) throws IOException;
  }

  /** Starts to read; what is sent from now on is seen. */
  AwaitedImages(
      Properties client, String imagesTopic, String rejectedTopic, SchemaRegistry registry) {
    this.images =
        TopicReader.fromNow(
            client, imagesTopic, new RecordReader<>(GeneratedImage.class, registry));
    this.rejects =
        TopicReader.fromNow(
            client, rejectedTopic, new RecordReader<>(RejectedRequest.class, registry));
  }

  /**
   * Waits for the images.
   *
   * @param requests the ids of the requests
   * @param expected how many images they ask for
   * @param deadline when to give up
   * @param job the job that makes them, where it runs in this process
   * @throws IOException if they do not come, and why
   */
  void await(
      Set<String> requests, int expected, Timeout deadline, Optional<EmbeddedJob> job, Taker taker)
      throws IOException {
    for (int done = 0; done < expected; ) {
      for (GeneratedImage image : images.poll(POLL)) {
        if (requests.contains(image.getRequestId())) {
          taker.take(image);
          done++;
        }
      }
      for (RejectedRequest reject : rejects.poll(Duration.ZERO)) {
        if (requests.contains(reject.getRequestId())) {
          throw new IOException("Rejected: " + reject.getMessage());
        }
      }
      if (job.isPresent()) {
        job.get().checkRunning();
      }
      if (done < expected && Instant.now().isAfter(deadline.at())) {
        throw new IOException(
            String.format(
                "Expected %s within %d s, found %d: %s",
                count(expected, "image"),
                deadline.seconds(),
                done,
                job.isPresent()
                    ? "give a longer --timeout, or ask for less"
                    : "is a job serving the topic of the requests? Or give a longer --timeout"));
      }
    }
  }

  /** A number with its noun. */
  static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  @Override
  public void close() {
    images.close();
    rejects.close();
  }
}
