package io.digflink.lab.faults;

import io.digflink.cli.client.CancellationSender;
import io.digflink.cli.client.RequestSender;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Cancels the requests of a workload that are to be cancelled, each at its time. */
final class Cancels implements AutoCloseable {
  private static final int ALL = Integer.MAX_VALUE;

  private final Answers answers;
  private final Workload workload;
  private final RequestSender requests;
  private final CancellationSender sender;
  private final List<Integer> due = new ArrayList<>();

  /**
   * @param answers tell of which requests images are out
   * @param requests takes cancellations by a record without a value
   */
  Cancels(Answers answers, Properties client, RunTopics topics, RequestSender requests) {
    this.answers = answers;
    this.workload = answers.workload();
    this.requests = requests;
    this.sender = new CancellationSender(client, topics.cancellations());
  }

  /** Cancels a request that is to be cancelled before it is sent; notes one for later. */
  void beforeSending(int number) throws InterruptedException {
    if (workload.role(number).isCancelled()) {
      due.add(number);
      sendDue(number - 1);
    }
  }

  /**
   * Cancels what is due.
   *
   * @param latest number of the request that was sent last
   */
  void sendDue(int latest) throws InterruptedException {
    for (int number : List.copyOf(due)) {
      if (isDue(number, latest) && isSent(number)) {
        due.remove((Integer) number);
      }
    }
  }

  private boolean isDue(int number, int latest) {
    int after = Role.cancelledAfter(number);
    return after == Role.WHEN_AN_IMAGE_IS_OUT
        ? latest == ALL || answers.imagesOf(workload.id(number)) > 0
        : latest >= number + after;
  }

  /** Cancels all that is left to be cancelled. */
  void sendAll() throws InterruptedException {
    sendDue(ALL);
  }

  /** Without brokers nothing is sent: the next call tries it again. */
  private boolean isSent(int number) throws InterruptedException {
    String id = workload.id(number);
    if (Role.isCancelledByTombstone(number)) {
      requests.send(id.getBytes(StandardCharsets.UTF_8), null);
      return true;
    }
    try {
      sender.cancel(id);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  @Override
  public void close() {
    sender.close();
  }
}
