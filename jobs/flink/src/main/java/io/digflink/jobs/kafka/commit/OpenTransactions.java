package io.digflink.jobs.kafka.commit;

import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends transactions of the job's own that readers of committed records wait for.
 *
 * <p>A process that was killed leaves its transactions open. The next one aborts them when its
 * writers start; but a committer starts before its writer, and may have to read first what lies
 * behind them.
 */
final class OpenTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(OpenTransactions.class);

  private final Properties client;
  private final String prefix;

  /**
   * The transactions of a job.
   *
   * @param client settings of any client
   * @param prefix start of the transactional ids
   */
  OpenTransactions(Properties client, String prefix) {
    this.client = client;
    this.prefix = prefix;
  }

  /**
   * Aborts the job's transactions that are open since before an offset. Should one of them still be
   * about to be committed, its committer will write its records again.
   *
   * @return whether there were any
   */
  boolean abortBefore(TopicPartition partition, long offset) {
    try (Admin admin = Admin.create(client)) {
      Set<Long> producers =
          Answered.get(admin.describeProducers(List.of(partition)).partitionResult(partition))
              .activeProducers()
              .stream()
              .filter(producer -> isOpenBefore(producer, offset))
              .map(ProducerState::producerId)
              .collect(Collectors.toSet());
      if (producers.isEmpty()) {
        return false;
      }
      List<String> open =
          Answered.get(
                  admin
                      .listTransactions(new ListTransactionsOptions().filterProducerIds(producers))
                      .all())
              .stream()
              .map(TransactionListing::transactionalId)
              .filter(id -> id.startsWith(prefix))
              .toList();
      if (!open.isEmpty()) {
        LOG.warn("Aborting transactions that an earlier run of the job has left open: {}", open);
        Answered.get(admin.fenceProducers(open).all());
      }
      return !open.isEmpty();
    }
  }

  private static boolean isOpenBefore(ProducerState producer, long offset) {
    return producer.currentTransactionStartOffset().isPresent()
        && producer.currentTransactionStartOffset().getAsLong() <= offset;
  }
}
