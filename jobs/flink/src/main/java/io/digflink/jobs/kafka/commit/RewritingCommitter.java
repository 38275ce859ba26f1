package io.digflink.jobs.kafka.commit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits as the connector does. Where brokers refuse, since the transaction has ended already, the
 * topic tells how: if it was aborted, its records are written again.
 */
@SuppressWarnings("try") // Flink's committers may throw InterruptedException from close().
final class RewritingCommitter implements Committer<WrittenTransaction> {
  private static final Logger LOG = LoggerFactory.getLogger(RewritingCommitter.class);

  private final Committer<KafkaCommittable> committer;
  private final AbortedTransactions aborted;
  private final Counter rewrittenTransactions;
  private final Counter rewrittenRecords;

  RewritingCommitter(
      Committer<KafkaCommittable> committer, AbortedTransactions aborted, MetricGroup metrics) {
    this.committer = committer;
    this.aborted = aborted;
    rewrittenTransactions = metrics.counter("rewrittenTransactions");
    rewrittenRecords = metrics.counter("rewrittenRecords");
  }

  @Override
  public void commit(Collection<CommitRequest<WrittenTransaction>> requests)
      throws IOException, InterruptedException {
    List<Attempt> attempts = requests.stream().map(Attempt::new).toList();
    committer.commit(new ArrayList<>(attempts));
    for (Attempt attempt : attempts) {
      if (attempt.refusal != null) {
        settle(attempt);
      }
    }
  }

  private void settle(Attempt attempt) throws InterruptedException {
    WrittenTransaction transaction = attempt.request.getCommittable();
    if (transaction.offsets().isEmpty()) {
      attempt.request.signalFailedWithKnownReason(attempt.refusal);
      return;
    }
    try {
      long records = aborted.settle(transaction);
      if (records > 0) {
        rewrittenTransactions.inc();
        rewrittenRecords.inc(records);
      }
      attempt.request.signalAlreadyCommitted();
    } catch (RetriableException e) {
      LOG.warn("Trying again to find out how transaction {} ended", transaction.place(), e);
      attempt.request.retryLater();
    } catch (InterruptException e) {
      Thread.interrupted(); // the constructor of the exception has set it
      throw new InterruptedException(e.getMessage());
    } catch (KafkaException e) {
      attempt.request.signalFailedWithUnknownReason(e);
    }
  }

  @Override
  public void close() throws Exception {
    committer.close();
  }

  /** A request to the connector's committer, which keeps a refusal back. */
  private static final class Attempt implements CommitRequest<KafkaCommittable> {
    private final CommitRequest<WrittenTransaction> request;
    private Throwable refusal;

    Attempt(CommitRequest<WrittenTransaction> request) {
      this.request = request;
    }

    @Override
    public KafkaCommittable getCommittable() {
      return request.getCommittable().transaction();
    }

    @Override
    public int getNumberOfRetries() {
      return request.getNumberOfRetries();
    }

    @Override
    public void signalFailedWithKnownReason(Throwable refused) {
      refusal = refused;
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable failure) {
      // The brokers forget an id that has not been used for transactional.id.expiration.ms.
      if (failure instanceof InvalidPidMappingException
          || failure instanceof InvalidProducerEpochException) {
        refusal = failure;
      } else {
        request.signalFailedWithUnknownReason(failure);
      }
    }

    @Override
    public void retryLater() {
      request.retryLater();
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable transaction) {
      request.updateAndRetryLater(
          new WrittenTransaction(transaction, request.getCommittable().offsets()));
    }

    @Override
    public void signalAlreadyCommitted() {
      request.signalAlreadyCommitted();
    }
  }
}
