package io.digflink.tests.hostile;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.tests.support.Requests;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Records that no client should send, and what must come of each. */
final class Garbage {
  /** The registry's id of the schema of requests: the only one that it has. */
  static final int KNOWN_ID = 1;

  private static final int HEADER = 10; // C3 01 and a fingerprint of 8 bytes
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private static final List<Consumer<GenerationRequest.Builder>> HOSTILE_FIELDS =
      List.of(
          r -> r.setRequestId(""),
          r -> r.setRequestId("x".repeat(10_000)),
          r -> r.setLabels(List.of(-1)),
          r -> r.setLabels(List.of(Integer.MIN_VALUE, Integer.MAX_VALUE)),
          r -> r.setClassNames(List.of("\u0000", "${jndi:ldap://localhost/x}")),
          r -> r.setImagesPerLabel(Integer.MAX_VALUE),
          r -> r.setImagesPerLabel(Integer.MIN_VALUE),
          r -> r.setLabels(List.of(1, 2, 3, 4)).setImagesPerLabel(1 << 30),
          r -> r.setSteps(Integer.MAX_VALUE),
          r -> r.setSteps(-1),
          r -> r.setSampler("'; DROP TABLE samplers; --"),
          r -> r.setTimestepSpacing("ddim").setSteps(999),
          r -> r.setEta(Double.NaN),
          r -> r.setGuidanceScale(Double.NaN),
          r -> r.setGuidanceScale(Double.POSITIVE_INFINITY),
          r -> r.setGuidanceScale(-Double.MIN_VALUE),
          r -> r.setGuidanceFrom(Double.NEGATIVE_INFINITY),
          r -> r.setGuidanceTo(Double.NaN),
          r -> r.setWidth(Integer.MAX_VALUE).setHeight(Integer.MAX_VALUE),
          r -> r.setWidth(1 << 30).setHeight(1 << 30),
          r -> r.setWidth(Integer.MIN_VALUE),
          r -> r.setImageFormat("../../png"),
          r -> r.setImageFormat("jpeg").setJpegQuality(Integer.MAX_VALUE));

  private static final List<Kind> KINDS =
      List.of(
          new Kind(RejectReason.MALFORMED, random -> bytes(random, 1 + random.nextInt(2_000))),
          new Kind(RejectReason.MALFORMED, Garbage::randomAfterTheHeader),
          new Kind(RejectReason.MALFORMED, Garbage::truncated),
          new Kind(RejectReason.MALFORMED, Garbage::withMoreBehind),
          new Kind(RejectReason.UNKNOWN_SCHEMA, Garbage::ofAnotherSchema),
          new Kind(RejectReason.INVALID_FIELD, Garbage::withAHostileField),
          new Kind(
              RejectReason.UNKNOWN_MODEL, random -> request(r -> r.setModel("../../etc/passwd"))),
          new Kind(
              RejectReason.DEADLINE_EXCEEDED,
              random -> request(r -> r.setDeadline(Instant.ofEpochMilli(Long.MIN_VALUE)))),
          new Kind(RejectReason.MALFORMED, Garbage::withAClaimedArray),
          new Kind(RejectReason.INVALID_FIELD, Garbage::withAGiantArray),
          new Kind(RejectReason.INVALID_FIELD, Garbage::withAnIdThatIsNoUtf8),
          new Kind(
              RejectReason.MALFORMED,
              random -> "{\"request_id\": 1".getBytes(StandardCharsets.UTF_8)),
          new Kind(RejectReason.INVALID_FIELD, GarbageJson::withAHostileField),
          new Kind(RejectReason.MALFORMED, GarbageJson::thatIsNone),
          new Kind(RejectReason.UNKNOWN_SCHEMA, Garbage::confluentOfAnUnknownId),
          new Kind(RejectReason.MALFORMED, Garbage::confluentThatIsCut),
          new Kind(RejectReason.MALFORMED, Garbage::confluentWithNoise),
          new Kind(RejectReason.MALFORMED, random -> new byte[0]));

  private Garbage() {}

  /**
   * A record and its fate.
   *
   * @param value the record
   * @param reason what it must be rejected for
   */
  record Record(byte[] value, RejectReason reason) {}

  private record Kind(RejectReason reason, Maker maker) {}

  private interface Maker {
    byte[] make(SplittableRandom random);
  }

  /** A piece of garbage; those of consecutive numbers are of all kinds, one after another. */
  static Record make(int number) {
    Kind kind = KINDS.get(number % KINDS.size());
    return new Record(kind.maker.make(new SplittableRandom(number)), kind.reason);
  }

  /** A record that compression made small enough for a broker and that no reject can repeat. */
  static Record large() {
    return new Record(new byte[16 << 20], RejectReason.TOO_LARGE);
  }

  private static byte[] request(Consumer<GenerationRequest.Builder> change) {
    GenerationRequest.Builder builder = Requests.of("hostile").setSteps(1);
    change.accept(builder);
    return CODEC.encode(builder.build());
  }

  private static byte[] bytes(SplittableRandom random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    bytes[0] = 1; // never that of a format by chance
    return bytes;
  }

  private static byte[] randomAfterTheHeader(SplittableRandom random) {
    byte[] record = Arrays.copyOf(request(r -> {}), HEADER + 1 + random.nextInt(500));
    byte[] noise = bytes(random, record.length - HEADER);
    noise[0] = 1; // a request id of length -1
    System.arraycopy(noise, 0, record, HEADER, noise.length);
    return record;
  }

  private static byte[] truncated(SplittableRandom random) {
    byte[] whole = request(r -> {});
    return Arrays.copyOf(whole, random.nextInt(whole.length));
  }

  private static byte[] withMoreBehind(SplittableRandom random) {
    byte[] whole = request(r -> {});
    return Arrays.copyOf(whole, whole.length + 1 + random.nextInt(100));
  }

  private static byte[] ofAnotherSchema(SplittableRandom random) {
    byte[] record = request(r -> {});
    record[2 + random.nextInt(Long.BYTES)] ^= (byte) (1 + random.nextInt(255));
    return record;
  }

  private static byte[] withAHostileField(SplittableRandom random) {
    return request(HOSTILE_FIELDS.get(random.nextInt(HOSTILE_FIELDS.size())));
  }

  /** Labels that are said to be billions and are not there. */
  private static byte[] withAClaimedArray(SplittableRandom random) {
    return handWritten(
        encoder -> {
          encoder.writeString("claimed");
          encoder.writeString("plain");
          encoder.writeLong(1L << (20 + random.nextInt(43)));
        });
  }

  private static byte[] withAGiantArray(SplittableRandom random) {
    return random.nextBoolean()
        ? request(r -> r.setLabels(Collections.nCopies(20_000, 3)))
        : request(r -> r.setClassNames(Collections.nCopies(10_000, "n")));
  }

  private static byte[] withAnIdThatIsNoUtf8(SplittableRandom random) {
    byte[] whole = request(r -> r.setRequestId("AB"));
    whole[HEADER + 1] = (byte) 0xC3; // begins a character of two bytes
    whole[HEADER + 2] = (byte) (0x28 + random.nextInt(0x40)); // and does not go on with one
    return whole;
  }

  private static byte[] confluentOfAnUnknownId(SplittableRandom random) {
    byte[] record = confluent(random.nextBoolean() ? random.nextInt() : 2 + random.nextInt(20));
    record[4] = (byte) Math.max(2, record[4]); // never the one that is known
    return record;
  }

  private static byte[] confluentThatIsCut(SplittableRandom random) {
    byte[] whole = confluent(KNOWN_ID);
    return Arrays.copyOf(whole, 1 + random.nextInt(whole.length - 1));
  }

  private static byte[] confluentWithNoise(SplittableRandom random) {
    byte[] noise = bytes(random, 1 + random.nextInt(500)); // a request id of length -1
    byte[] record = Arrays.copyOf(confluent(KNOWN_ID), 5 + noise.length);
    System.arraycopy(noise, 0, record, 5, noise.length);
    return record;
  }

  private static byte[] confluent(int id) {
    return new ConfluentWriter<>(GenerationRequest.class, id).encode(Requests.of("c").build());
  }

  private interface Body {
    void write(BinaryEncoder encoder) throws IOException;
  }

  private static byte[] handWritten(Body body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(request(r -> {}), 0, HEADER);
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      body.write(encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The kinds, for a report. */
  static int kinds() {
    return KINDS.size();
  }

  /** A text of a record, for a failure's message. */
  static String text(byte[] value) {
    return new String(Arrays.copyOf(value, Math.min(100, value.length)), StandardCharsets.UTF_8);
  }
}
