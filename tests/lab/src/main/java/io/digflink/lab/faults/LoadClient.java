package io.digflink.lab.faults;

import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the requests of a workload and reads what comes of them, on a thread of its own. */
public final class LoadClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadClient.class);
  private static final Duration POLL = Duration.ofMillis(20);

  private final Load load;
  private final RequestSender sender;
  private final Cancels cancels;
  private final TopicReader<GeneratedImage> images;
  private final TopicReader<RejectedRequest> rejected;
  private final TopicReader<RequestProgress> progress;
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final Future<?> work;
  private volatile int limit;
  private volatile int sent;
  private volatile boolean closing;
  private boolean hasOpenEnds;

  /**
   * What to send and when.
   *
   * @param answers takes what comes of it
   * @param pace says when the next request is due
   * @param limit most requests to send
   * @param observer sees every image
   */
  public record Load(Answers answers, Pace pace, int limit, Consumer<GeneratedImage> observer) {}

  /** When requests are sent. */
  @FunctionalInterface
  public interface Pace {
    /** Whether the next request is due. */
    boolean isDue(int sent, int answered);

    /** A number of requests is under way, sent and not answered. */
    static Pace underWay(int requests) {
      return (sent, answered) -> sent - answered < requests;
    }

    /** So many requests a second, whatever comes of them. */
    static Pace perSecond(double rate) {
      long start = System.nanoTime();
      return (sent, answered) -> sent < rate * (System.nanoTime() - start) / 1e9;
    }
  }

  /**
   * Begins to send.
   *
   * @param client settings of the Kafka clients
   */
  public LoadClient(Properties client, RunTopics topics, Load load) {
    this.load = load;
    this.limit = load.limit();
    this.sender = new RequestSender(client, topics.requests());
    this.cancels = new Cancels(load.answers(), client, topics, sender);
    this.images = TopicReader.fromStart(client, topics.images(), GeneratedImage.class);
    this.rejected = TopicReader.fromStart(client, topics.rejected(), RejectedRequest.class);
    this.progress = TopicReader.fromStart(client, topics.progress(), RequestProgress.class);
    this.work = executor.submit(this::work);
  }

  private Void work() throws InterruptedException {
    while (!closing) {
      while (sent < limit && load.pace().isDue(sent, answers().answered())) {
        Workload workload = answers().workload();
        byte[] key = workload.id(sent).getBytes(StandardCharsets.UTF_8);
        cancels.beforeSending(sent);
        sender.send(key, workload.bytes(sent));
        answers().sent(sent);
        sent++;
        cancels.sendDue(sent - 1);
      }
      if (sent >= limit) {
        cancels.sendAll();
      } else {
        cancels.sendDue(sent - 1);
      }
      read();
    }
    return null;
  }

  private void read() {
    readImages();
    rejected.poll(POLL).forEach(answers()::reject);
    for (RequestProgress news : progress.poll(POLL)) {
      answers().progress(news);
      hasOpenEnds |= news.getState() == RequestState.CANCELLED;
    }
    if (hasOpenEnds) {
      readAllVisible();
    }
  }

  private void readImages() {
    for (GeneratedImage image : images.poll(POLL)) {
      load.observer().accept(image);
      answers().image(image);
    }
  }

  /** What is visible now of a cancelled request is all that may ever come of it. */
  private void readAllVisible() {
    try {
      while (!images.isAtEnd()) {
        readImages();
      }
      answers().close();
      hasOpenEnds = false;
    } catch (TimeoutException e) {
      LOG.debug("No broker tells the end of the images; asked again after the next news", e);
    }
  }

  /** What has come so far. */
  public Answers answers() {
    return load.answers();
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
    return answers().judge(sent);
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
      cancels.close();
      sender.close();
      images.close();
      rejected.close();
      progress.close();
    }
  }
}
