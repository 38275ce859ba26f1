package io.digflink.cli.audit;

import io.digflink.cli.client.RecordReader;
import io.digflink.jobs.kafka.commit.RewritingSink;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.codec.RecordFormatException;
import io.digflink.schemas.registry.RegistryException;
import io.digflink.schemas.registry.SchemaRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/** Reads the four topics and judges every request. */
public final class Audit {
  private static final int LONGEST_KEY = 1_000;

  private final Question question;
  private final RecordCounts counts = new RecordCounts();
  private final Map<TopicPartition, OffsetAndMetadata> read;

  /**
   * What is audited.
   *
   * @param client settings of the Kafka client, bootstrap.servers among them
   * @param groupId the job's consumer group, whose offsets say what the job has read
   * @param requests topic of the requests; the other three likewise
   * @param registry for records in Confluent's wire format; null for none
   * @param since audits what came from then on; null: everything
   * @param patience an answer that takes longer is lost
   */
  public record Question(
      Properties client,
      String groupId,
      String requests,
      String images,
      String progress,
      String rejected,
      SchemaRegistry registry,
      Instant since,
      Duration patience) {}

  private Audit(Question question) throws InterruptedException, ExecutionException {
    this.question = question;
    try (Admin admin = Admin.create(question.client())) {
      read =
          admin.listConsumerGroupOffsets(question.groupId()).partitionsToOffsetAndMetadata().get();
    }
  }

  /** What an audit tells while it goes on. */
  public interface Listener {
    /** Takes no notice. */
    Listener NONE =
        new Listener() {
          @Override
          public void progress(String line) {}

          @Override
          public void image(GeneratedImage image) {}

          @Override
          public void problem(RequestAudit request) {}
        };

    /** A line on how far it is. */
    void progress(String line);

    /** An image with its file. */
    void image(GeneratedImage image);

    /** A request that something is wrong with. */
    void problem(RequestAudit request);
  }

  /**
   * Audits.
   *
   * @param directory an empty one for temporary files
   * @throws IOException if a result is no record, or its schema is not to be had
   */
  public static AuditReport run(Question question, Path directory, Listener listener)
      throws IOException, InterruptedException, ExecutionException {
    Audit audit = new Audit(question);
    try (Spill spill = new Spill(directory)) {
      audit.readTopics(spill, listener);
      AuditReport report = new AuditReport(audit.counts);
      long oldest = Instant.now().minus(question.patience()).toEpochMilli();
      spill.forEachKey(
          (key, entries) -> {
            RequestAudit request = RequestAudit.of(key, entries, oldest);
            // Results since then of requests before then are nobody's fault.
            if (question.since() == null || request.outcome() != RequestAudit.Outcome.UNASKED) {
              report.add(request);
              if (!request.findings().isEmpty()) {
                listener.problem(request);
              }
            }
          });
      return report;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Results before requests, so that no result is of a request that came after the requests were
   * read; progress first, since an end is written with the last image or after it.
   */
  private void readTopics(Spill spill, Listener listener) {
    TopicScan scan = new TopicScan(question.client(), question.since(), listener::progress);
    RecordReader<RequestProgress> progress = reader(RequestProgress.class);
    scan.read(question.progress(), record -> spill.add(progress(decode(progress, record))));
    RecordReader<GeneratedImage> images = reader(GeneratedImage.class);
    scan.read(
        question.images(),
        record -> {
          GeneratedImage image = decode(images, record);
          spill.add(image(image));
          listener.image(image);
        });
    RecordReader<RejectedRequest> rejects = reader(RejectedRequest.class);
    scan.read(question.rejected(), record -> spill.add(reject(decode(rejects, record))));
    RecordReader<GenerationRequest> requests = reader(GenerationRequest.class);
    scan.read(
        question.requests(),
        record -> {
          if (!cancels(record)) {
            spill.add(request(requests, record));
          }
        });
  }

  private <T extends SpecificRecordBase> RecordReader<T> reader(Class<T> type) {
    return new RecordReader<>(type, question.registry());
  }

  /** A result, which the job wrote. */
  private <T extends SpecificRecordBase> T decode(
      RecordReader<T> reader, ConsumerRecord<byte[], byte[]> record) {
    if (record.headers().lastHeader(RewritingSink.COPY_OF) != null) {
      counts.copy();
    }
    try {
      return reader.read(record.value());
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException(place(record) + ": " + e.getMessage(), e));
    } catch (InterruptedException e) {
      throw interrupted(record, e);
    }
  }

  private static IllegalStateException interrupted(
      ConsumerRecord<byte[], byte[]> record, InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("Interrupted at " + place(record), e);
  }

  private static String place(ConsumerRecord<byte[], byte[]> record) {
    return record.topic() + "-" + record.partition() + "@" + record.offset();
  }

  private static String key(String id) {
    return id.length() <= LONGEST_KEY ? id : id.substring(0, 64) + "…" + DigestUtils.sha256Hex(id);
  }

  private static Entry progress(RequestProgress progress) {
    return new Entry(
        key(progress.getRequestId()),
        Entry.Kind.PROGRESS,
        progress.getState().ordinal(),
        0,
        progress.getAt().toEpochMilli(),
        false);
  }

  private Entry image(GeneratedImage image) {
    boolean damaged = false;
    if (image.getBytes() != null) {
      damaged = !DigestUtils.sha256Hex(Utils.toArray(image.getBytes())).equals(image.getSha256());
    }
    counts.image(image.getBytes() == null);
    return new Entry(
        key(image.getRequestId()),
        Entry.Kind.IMAGE,
        image.getIndex(),
        image.getSha256().hashCode(),
        image.getCompletedAt().toEpochMilli(),
        damaged);
  }

  private static Entry reject(RejectedRequest reject) {
    String key = reject.getRequestId() == null ? reject.getSource() : key(reject.getRequestId());
    return new Entry(key, Entry.Kind.REJECT, 0, 0, reject.getAt().toEpochMilli(), false);
  }

  /** A record without a value asks for nothing: it cancels the request that its key names. */
  private static boolean cancels(ConsumerRecord<byte[], byte[]> record) {
    return record.value() == null && record.key() != null;
  }

  private Entry request(
      RecordReader<GenerationRequest> reader, ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value() == null ? new byte[0] : record.value();
    String key = place(record);
    int images = 0;
    try {
      GenerationRequest request = reader.read(value);
      key = key(request.getRequestId());
      images = images(request);
    } catch (RecordFormatException e) {
      key = e.requestId() == null ? key : key(e.requestId());
    } catch (RegistryException e) {
      throw new UncheckedIOException(new IOException(place(record) + ": " + e.getMessage(), e));
    } catch (InterruptedException e) {
      throw interrupted(record, e);
    }
    long content = ByteBuffer.wrap(DigestUtils.sha256(value)).getLong();
    return new Entry(key, Entry.Kind.REQUEST, images, content, record.timestamp(), !isRead(record));
  }

  private boolean isRead(ConsumerRecord<byte[], byte[]> record) {
    OffsetAndMetadata offset = read.get(new TopicPartition(record.topic(), record.partition()));
    return offset != null && record.offset() < offset.offset();
  }

  private static int images(GenerationRequest request) {
    long labels = (long) request.getLabels().size() + request.getClassNames().size();
    return (int)
        Math.min(Integer.MAX_VALUE, Math.max(1, labels) * Math.max(0, request.getImagesPerLabel()));
  }
}
