package io.digflink.tests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes a new broker know the transactions that a state wants committed, as the broker does that
 * the job was at. It has nothing to commit in them and says so, which the job takes; of a producer
 * that it has never heard of it would say that, which fails the job.
 */
final class OpenTransactions {
  private final String bootstrapServers;
  private int others;

  OpenTransactions(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /** Begins the transactions, under their numbers: brokers count producers from 0. */
  void begin(Collection<Transaction> transactions) throws Exception {
    List<Transaction> inOrder =
        transactions.stream().sorted(Comparator.comparingLong(Transaction::producerId)).toList();
    long last = -1;
    for (Transaction transaction : inOrder) {
      while (last < transaction.producerId() - 1) {
        last = begin("other-" + others++);
      }
      last = begin(transaction.transactionalId());
      assertThat(last).isEqualTo(transaction.producerId());
    }
  }

  private long begin(String id) throws Exception {
    Map<String, Object> client =
        Map.of("bootstrap.servers", bootstrapServers, "transactional.id", id);
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client, bytes, bytes);
        Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      producer.initTransactions();
      return admin.describeTransactions(List.of(id)).description(id).get().producerId();
    }
  }
}
