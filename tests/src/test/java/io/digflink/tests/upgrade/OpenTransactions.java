package io.digflink.tests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.tests.support.EmbeddedStack;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes a new broker know the transactions that a state wants committed, as the broker does that
 * the job was at: with records in them, under the same numbers. Their records go to a topic of its
 * own, since only their commits matter here.
 */
final class OpenTransactions {
  private static final String TOPIC = "upgrade.transactions";
  private static final ByteArraySerializer BYTES = new ByteArraySerializer();

  private final EmbeddedStack stack;
  private int others;

  OpenTransactions(EmbeddedStack stack) {
    this.stack = stack;
  }

  /** Begins the transactions, under their numbers: brokers count producers from 0. */
  void begin(Collection<Transaction> transactions) throws Exception {
    stack.kafka().createTopics(List.of(TOPIC), 1);
    List<Transaction> inOrder =
        transactions.stream().sorted(Comparator.comparingLong(Transaction::producerId)).toList();
    long last = -1;
    for (Transaction transaction : inOrder) {
      while (last < transaction.producerId() - 1) {
        last = begin("other-" + others++, 0).producerId();
      }
      TransactionDescription begun = begin(transaction.transactionalId(), transaction.epoch());
      last = begun.producerId();
      assertThat(last).isEqualTo(transaction.producerId());
      assertThat(begun.producerEpoch()).isEqualTo(transaction.epoch());
    }
  }

  /** Leaves a transaction open, as a process does that ends. */
  private TransactionDescription begin(String id, int epoch) throws Exception {
    String servers = stack.kafka().bootstrapServers();
    Map<String, Object> client =
        Map.of(
            "bootstrap.servers",
            servers,
            "transactional.id",
            id,
            "transaction.timeout.ms",
            600_000);
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client, BYTES, BYTES);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      producer.initTransactions();
      for (int ended = 0; ended <= epoch; ended++) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, id.getBytes(StandardCharsets.UTF_8))).get();
        if (ended < epoch) {
          producer.commitTransaction(); // counted in the epoch
        }
      }
      return admin.describeTransactions(List.of(id)).description(id).get();
    } finally {
      producer.close(Duration.ZERO); // aborts nothing
    }
  }
}
