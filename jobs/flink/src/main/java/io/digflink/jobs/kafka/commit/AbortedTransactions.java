package io.digflink.jobs.kafka.commit;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out how a transaction ended that can no longer be committed, and writes the records of an
 * aborted one again: once, however often this is interrupted and whoever else tries. Each such
 * transaction has a transactional id of its own, so that brokers let only the latest try commit,
 * and marks in the same transaction, as an offset of a consumer group of its own, that it is done.
 */
final class AbortedTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(AbortedTransactions.class);

  private final Properties client;
  private final String transactionalIds;
  private final String groups;
  private final OpenTransactions open;

  /**
   * Needs Read and Write on the topics, Write and Describe on the transactional ids, and Read and
   * Describe on the groups.
   *
   * @param client settings of any client, transaction.timeout.ms among them
   * @param transactionalIds start of the transactional ids
   * @param groups start of the names of the groups
   * @param open transactions that may be in the way
   */
  AbortedTransactions(
      Properties client, String transactionalIds, String groups, OpenTransactions open) {
    this.client = client;
    this.transactionalIds = transactionalIds;
    this.groups = groups;
    this.open = open;
  }

  /**
   * Sees to it that the records of a transaction that brokers refuse to commit are committed.
   *
   * @return how many records were written again, 0 if the transaction was committed before
   * @throws KafkaException if brokers do not answer, or refuse
   */
  long settle(WrittenTransaction transaction) {
    if (isKnownAsCommitted(transaction.transaction())) {
      LOG.info("Transaction {} was committed before: nothing is lost", transaction.place());
      return 0;
    }
    try (TopicLog committed = TopicLog.committed(client, open)) {
      if (isCommitted(committed, transaction)) {
        return 0;
      }
    }
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty(
        ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalIds + "-" + transaction.place());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions(); // aborts what an earlier try has left, and stops its process
      if (isDone(transaction)) {
        LOG.info("The records of the aborted transaction {} are there", transaction.place());
        return 0;
      }
      LOG.warn(
          "Transaction {} was aborted between its checkpoint and its commit (brokers do that after {}"
              + " ms): writing its {} records again",
          transaction.place(),
          client.getProperty(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
          transaction.records());
      return writeAgain(producer, transaction);
    }
  }

  /**
   * Whether the coordinator remembers the commit, which it counts with the producer's epoch. It may
   * remember a later transaction of the same id; the connector uses an id again only after the
   * commit.
   */
  private boolean isKnownAsCommitted(KafkaCommittable transaction) {
    String id = transaction.getTransactionalId();
    try (Admin admin = Admin.create(client)) {
      TransactionDescription last =
          Answered.get(admin.describeTransactions(Set.of(id)).description(id));
      int epochs = last.producerEpoch() - transaction.getEpoch();
      return last.producerId() == transaction.getProducerId()
          && (epochs == 0 || epochs == 1)
          && (last.state() == TransactionState.COMPLETE_COMMIT
              || last.state() == TransactionState.PREPARE_COMMIT);
    } catch (TransactionalIdNotFoundException e) {
      return false;
    }
  }

  /** A transaction is committed as a whole: one record tells. Expired records are out too. */
  private static boolean isCommitted(TopicLog committed, WrittenTransaction transaction) {
    TopicPartition partition = transaction.firstPartition();
    long[] offsets = transaction.offsets().get(partition);
    long[] last = {offsets[offsets.length - 1]};
    TopicLog.Found found = committed.read(partition, last, record -> {});
    return found.records() + found.expired() > 0;
  }

  private long writeAgain(KafkaProducer<byte[], byte[]> producer, WrittenTransaction transaction) {
    producer.beginTransaction();
    try (TopicLog log = TopicLog.uncommitted(client, group(transaction), open)) {
      long records = 0;
      for (Map.Entry<TopicPartition, long[]> partition : transaction.offsets().entrySet()) {
        TopicLog.Found found =
            log.read(
                partition.getKey(), partition.getValue(), record -> producer.send(copy(record)));
        report(partition.getKey(), partition.getValue(), found);
        records += found.records();
      }
      producer.sendOffsetsToTransaction(
          Map.of(transaction.firstPartition(), new OffsetAndMetadata(records)), log.group());
      producer.commitTransaction();
      return records;
    } catch (InterruptException e) {
      throw e; // this thread can wait for nothing; the next try aborts
    } catch (KafkaException e) {
      abort(producer, e);
      throw e;
    }
  }

  private static void abort(KafkaProducer<byte[], byte[]> producer, KafkaException failure) {
    try {
      producer.abortTransaction();
    } catch (KafkaException e) {
      failure.addSuppressed(e);
    }
  }

  private static ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
    ProducerRecord<byte[], byte[]> copy =
        new ProducerRecord<>(
            record.topic(),
            record.partition(),
            record.timestamp(),
            record.key(),
            record.value(),
            record.headers());
    String original = record.topic() + "-" + record.partition() + "@" + record.offset();
    copy.headers().add(RewritingSink.COPY_OF, original.getBytes(StandardCharsets.UTF_8));
    return copy;
  }

  private static void report(TopicPartition partition, long[] offsets, TopicLog.Found found) {
    if (found.expired() > 0) {
      LOG.warn(
          "{} records from {}@{} on have expired by the topic's retention before they could be"
              + " written again",
          found.expired(),
          partition,
          offsets[0]);
    }
    long lost = offsets.length - found.records() - found.expired();
    if (lost > 0) {
      LOG.error(
          "Expected {} records from {}@{} on, found that brokers no longer have {} of them: the"
              + " topic is compacted, or its brokers have lost its end. Send their requests again",
          offsets.length,
          partition,
          offsets[0],
          lost);
    }
  }

  private String group(WrittenTransaction transaction) {
    return groups + "-" + transaction.place();
  }

  private boolean isDone(WrittenTransaction transaction) {
    String group = group(transaction);
    TopicPartition mark = transaction.firstPartition();
    try (Admin admin = Admin.create(client)) {
      return Answered.get(
                  admin
                      .listConsumerGroupOffsets(
                          Map.of(
                              group,
                              new ListConsumerGroupOffsetsSpec().topicPartitions(Set.of(mark))),
                          new ListConsumerGroupOffsetsOptions().requireStable(true))
                      .partitionsToOffsetAndMetadata(group))
              .get(mark)
          != null;
    }
  }
}
