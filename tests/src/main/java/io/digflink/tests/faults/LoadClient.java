package io.digflink.tests.faults;

import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends the requests of a workload so that a number of them is always under way, and reads what
 * comes of them, on a thread of its own.
 */
public final class LoadClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(20);

  private final Workload workload;
  private final RequestSender sender;
  private final TopicReader<GeneratedImage> images;
  private final TopicReader<RejectedRequest> rejected;
  private final TopicReader<RequestProgress> progress;
  private final Map<String, String> undisturbed;
  private final int underWay;
  private final Answers answers;
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final Future<?> work;
  private volatile int limit;
  private volatile int sent;
  private volatile boolean closing;

  /**
   * Begins to send.
   *
   * @param client settings of the Kafka clients
   * @param undisturbed digests that the images must have; null: none is known yet
   * @param underWay requests that are sent and not answered
   * @param limit most requests to send
   */
  public LoadClient(
      Properties client,
      RunTopics topics,
      Workload workload,
      Map<String, String> undisturbed,
      int underWay,
      int limit) {
    this.workload = workload;
    this.undisturbed = undisturbed;
    this.underWay = underWay;
    this.limit = limit;
    this.answers = new Answers(workload);
    this.sender = new RequestSender(client, topics.requests());
    this.images = TopicReader.fromStart(client, topics.images(), GeneratedImage.class);
    this.rejected = TopicReader.fromStart(client, topics.rejected(), RejectedRequest.class);
    this.progress = TopicReader.fromStart(client, topics.progress(), RequestProgress.class);
    this.work = executor.submit(this::work);
  }

  private Void work() throws InterruptedException {
    while (!closing) {
      while (sent < limit && sent - answers.answered() < underWay) {
        byte[] key = workload.id(sent).getBytes(StandardCharsets.UTF_8);
        sender.send(key, workload.bytes(sent));
        sent++;
      }
      read();
    }
    return null;
  }

  private void read() {
    images.poll(POLL).forEach(image -> answers.image(image, undisturbed));
    rejected.poll(POLL).forEach(answers::reject);
    progress.poll(POLL).forEach(answers::progress);
  }

  /** What has come so far. */
  public Answers answers() {
    return answers;
  }

  /** Requests sent. */
  public int sent() {
    return sent;
  }

  /** Sends nothing more. */
  public void stopSending() {
    limit = 0;
  }

  /** Throws what has gone wrong on the client's thread. */
  public void check() throws ExecutionException, InterruptedException {
    if (work.isDone()) {
      work.get();
    }
  }

  /** Stops the thread, reads to the end of what is committed, and judges. */
  public Verdict judge() throws ExecutionException, InterruptedException {
    closing = true;
    work.get();
    while (!images.isAtEnd() || !rejected.isAtEnd() || !progress.isAtEnd()) {
      read();
    }
    return answers.judge(sent);
  }

  @Override
  public void close() {
    closing = true;
    executor.shutdown();
    try {
      work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      // Told by check(), or by judge().
      return;
    } finally {
      sender.close();
      images.close();
      rejected.close();
      progress.close();
    }
  }
}
