package io.digflink.tests.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.jobs.kafka.KafkaEnds;
import io.digflink.jobs.kafka.KafkaSettings;
import io.digflink.jobs.kafka.RecordSettings;
import io.digflink.jobs.kafka.commit.RewritingSink;
import io.digflink.jobs.request.Answer;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.WireFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions that end otherwise than the checkpoint says that they belong to: nothing is lost,
 * nothing is there twice.
 */
class AbortedTransactionITCase {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> SENT =
      IntStream.range(0, 20).mapToObj(i -> "request-" + i).toList();

  /** The end of an id that no writer here uses. */
  private static final String LINGERING = "-progress-7-1";

  @TempDir private static Path directory;
  private static EmbeddedKafka broker;

  private final String name = UUID.randomUUID().toString();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = EmbeddedKafka.start(directory);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void createTopic() throws Exception {
    broker.createTopics(List.of(name), 3);
  }

  @Test
  void aTransactionThatIsAbortedBeforeItsCommitIsWrittenAgain() throws Exception {
    try (SinkRun<Answer<RequestProgress>, ?> run =
        SinkRun.start(sink(Duration.ofMinutes(15)), null)) {
      write(run, SENT);
      SinkRun.State checkpoint = run.checkpoint(1);
      abortTransactions();

      run.complete(checkpoint);
      write(run, List.of("later"));
      run.complete(run.checkpoint(2));
    }

    assertRecords(and(SENT, "later"), SENT);
  }

  @Test
  void aTransactionThatTimesOutWhileTheJobIsDownIsWrittenAgain() throws Exception {
    SinkRun.State checkpoint;
    try (SinkRun<Answer<RequestProgress>, ?> run =
        SinkRun.start(sink(Duration.ofSeconds(1)), null)) {
      write(run, SENT);
      checkpoint = run.checkpoint(1);
      write(run, List.of("not in the checkpoint"));
    }
    awaitNoTransactions();

    SinkRun.start(sink(Duration.ofSeconds(1)), checkpoint).close();
    assertRecords(SENT, SENT);
  }

  @Test
  void whatWasWrittenAgainIsNotWrittenAgainAfterTheNextFailure() throws Exception {
    SinkRun.State checkpoint = failAfterCheckpoint(true);
    for (int failures = 0; failures < 3; failures++) {
      try (SinkRun<Answer<RequestProgress>, ?> run =
          SinkRun.start(sink(Duration.ofMinutes(15)), checkpoint)) {
        write(run, List.of("not in the checkpoint"));
      }
    }

    assertRecords(SENT, SENT);
  }

  @Test
  void aTransactionThatWasCommittedBeforeTheFailureIsLeftAlone() throws Exception {
    SinkRun.State checkpoint = failAfterCheckpoint(false);
    SinkRun.start(sink(Duration.ofMinutes(15)), checkpoint).close();
    assertRecords(SENT, List.of());
  }

  @Test
  void aTransactionThatIsStillOpenIsCommittedAfterTheFailure() throws Exception {
    SinkRun.State checkpoint;
    try (SinkRun<Answer<RequestProgress>, ?> run =
        SinkRun.start(sink(Duration.ofMinutes(15)), null)) {
      write(run, SENT);
      checkpoint = run.checkpoint(1);
    }
    SinkRun.start(sink(Duration.ofMinutes(15)), checkpoint).close();
    assertRecords(SENT, List.of());
  }

  /** A reader of committed records waits for any open transaction; here for the job's own. */
  @Test
  void aTransactionThatAnEarlierRunLeftOpenIsNotWaitedFor() throws Exception {
    try (KafkaProducer<byte[], byte[]> lingering = producer(LINGERING)) {
      lingering.initTransactions();
      lingering.beginTransaction();
      for (int partition = 0; partition < 3; partition++) {
        lingering.send(new ProducerRecord<>(name, partition, null, new byte[1])).get();
      }
      SinkRun.State checkpoint = failAfterCheckpoint(true);

      SinkRun.start(sink(Duration.ofMinutes(15)), checkpoint).close();
      assertRecords(SENT, SENT);
    }
  }

  private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    Properties client = client();
    client.setProperty(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name + transactionalId);
    return new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Test
  void aTransactionOfASubtaskThatIsGoneIsAbortedAtTheStart() throws Exception {
    try (KafkaProducer<byte[], byte[]> gone = producer("-progress-2-0")) {
      gone.initTransactions();
      gone.beginTransaction();
      gone.send(new ProducerRecord<>(name, 0, null, new byte[1])).get();

      SinkRun.start(sink(Duration.ofMinutes(15)), null).close();

      assertThat(open()).isEmpty();
    }
  }

  @Test
  void aRunLeavesNoClientsBehind() throws Exception {
    for (int starts = 0; starts < 3; starts++) {
      SinkRun.start(sink(Duration.ofMinutes(15)), null).close();
    }

    Awaitility.await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().matches("kafka-.*client.*")));
  }

  @Test
  void checkpointsUseTheSameFewIdsAgain() throws Exception {
    try (SinkRun<Answer<RequestProgress>, ?> run =
        SinkRun.start(sink(Duration.ofMinutes(15)), null)) {
      for (int checkpoint = 1; checkpoint <= 20; checkpoint++) {
        write(run, List.of("request-" + checkpoint));
        run.complete(run.checkpoint(checkpoint));
      }
    }
    try (Admin admin = Admin.create(client())) {
      assertThat(admin.listTransactions().all().get())
          .filteredOn(transaction -> transaction.transactionalId().startsWith(name))
          .hasSizeLessThanOrEqualTo(3);
    }
  }

  /** Leaves a checkpoint whose transaction is aborted or committed, but not by its committer. */
  private SinkRun.State failAfterCheckpoint(boolean aborted) throws Exception {
    try (SinkRun<Answer<RequestProgress>, ?> run =
        SinkRun.start(sink(Duration.ofMinutes(15)), null)) {
      write(run, SENT);
      SinkRun.State checkpoint = run.checkpoint(1);
      if (aborted) {
        abortTransactions();
      } else {
        run.complete(checkpoint);
      }
      return checkpoint;
    }
  }

  private RewritingSink<Answer<RequestProgress>> sink(Duration timeout) {
    return new KafkaEnds(
            new KafkaSettings(broker.bootstrapServers(), new Properties(), name, name, timeout),
            new RecordSettings(WireFormat.SINGLE_OBJECT, Set.of(), null))
        .progress(name);
  }

  private static void write(SinkRun<Answer<RequestProgress>, ?> run, List<String> ids)
      throws Exception {
    for (String id : ids) {
      RequestProgress progress =
          RequestProgress.newBuilder()
              .setRequestId(id)
              .setState(RequestState.RUNNING)
              .setImages(1)
              .setAt(Instant.EPOCH)
              .build();
      run.write(new Answer<>(progress, new byte[0]));
    }
  }

  private Properties client() {
    Properties client = new Properties();
    client.setProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
    return client;
  }

  /** The topic's committed records, and which of them are copies. */
  private void assertRecords(List<String> expected, List<String> copies) {
    List<ConsumerRecord<String, byte[]>> records = records();
    assertThat(ids(records)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(copies(records)).containsExactlyInAnyOrderElementsOf(copies);
  }

  private List<ConsumerRecord<String, byte[]>> records() {
    Properties client = client();
    client.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    List<ConsumerRecord<String, byte[]>> found = new ArrayList<>();
    try (KafkaConsumer<String, byte[]> reader =
        new KafkaConsumer<>(client, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, 3).mapToObj(p -> new TopicPartition(name, p)).toList();
      reader.assign(partitions);
      reader.seekToBeginning(partitions);
      while (!isAtEnd(reader)) {
        reader.poll(Duration.ofMillis(100)).forEach(found::add);
      }
    }
    return found;
  }

  private static boolean isAtEnd(KafkaConsumer<?, ?> reader) {
    return reader.endOffsets(reader.assignment()).entrySet().stream()
        .allMatch(end -> reader.position(end.getKey()) >= end.getValue());
  }

  private static List<String> ids(List<ConsumerRecord<String, byte[]>> records) {
    return records.stream().map(ConsumerRecord::key).toList();
  }

  private static List<String> copies(List<ConsumerRecord<String, byte[]>> records) {
    return ids(
        records.stream().filter(r -> r.headers().lastHeader("dig-copy-of") != null).toList());
  }

  private static List<String> and(List<String> ids, String another) {
    List<String> all = new ArrayList<>(ids);
    all.add(another);
    return all;
  }

  private void abortTransactions() throws Exception {
    try (Admin admin = Admin.create(client())) {
      List<String> open =
          open(admin).stream().filter(transaction -> !transaction.endsWith(LINGERING)).toList();
      assertThat(open).isNotEmpty();
      admin.fenceProducers(open).all().get();
    }
  }

  private void awaitNoTransactions() throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    try (Admin admin = Admin.create(client())) {
      while (!open(admin).isEmpty()) {
        assertThat(Instant.now()).isBefore(deadline);
      }
    }
  }

  private List<String> open() throws Exception {
    try (Admin admin = Admin.create(client())) {
      return open(admin);
    }
  }

  private List<String> open(Admin admin) throws Exception {
    return admin.listTransactions().all().get().stream()
        .filter(transaction -> transaction.state() == TransactionState.ONGOING)
        .map(TransactionListing::transactionalId)
        .filter(id -> id.startsWith(name))
        .toList();
  }
}
