package io.digflink.jobs.request;

import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * How the operator state of releases before portions holds an admitted request: the record as it
 * came and what was worked out.
 *
 * <ol>
 *   <li>The first release's, without the time of the request's record.
 *   <li>With that time. A record was always in single-object encoding.
 *   <li>With the headers that answers repeat, and, where the record is of another format, the
 *       request in single-object encoding, so that a restore needs no schema registry.
 * </ol>
 */
public final class AdmittedRequestFormat {
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private static final String NO_TENANT = "";

  private AdmittedRequestFormat() {}

  /**
   * Reads a request.
   *
   * @param version of the format, 1 to 3
   */
  public static AdmittedRequest read(int version, DataInput in) throws IOException {
    byte[] original = readBytes(in);
    String source = in.readUTF();
    int[] labels = new int[in.readInt()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = in.readInt();
    }
    LatentShape latent = new LatentShape(in.readInt(), in.readInt(), in.readInt());
    long askedAt = version >= 2 ? in.readLong() : 0;
    long admittedAt = in.readLong();
    byte[] headers = readHeaders(version, in);
    byte[] encoded = version >= 3 ? readBytes(in) : new byte[0];
    GenerationRequest request = CODEC.decode(encoded.length == 0 ? original : encoded);
    if (version == 1) {
      Instant createdAt = request.getCreatedAt();
      askedAt = createdAt == null ? admittedAt : createdAt.toEpochMilli();
    }
    return new AdmittedRequest(
        original, source, request, labels, latent, askedAt, admittedAt, headers, NO_TENANT);
  }

  static void writeBytes(byte[] bytes, DataOutput out) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] readBytes(DataInput in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  /** Writes the headers that answers repeat. */
  public static void writeHeaders(byte[] headers, DataOutput out) throws IOException {
    writeBytes(headers, out);
  }

  /** Reads them; before version 3 there were none. */
  public static byte[] readHeaders(int version, DataInput in) throws IOException {
    byte[] headers = version >= 3 ? readBytes(in) : IncomingRecord.NO_HEADERS;
    return headers.length == 0 ? IncomingRecord.NO_HEADERS : headers;
  }

  /** Writes numbers whose count the reader knows. */
  public static void writeFloats(float[] values, DataOutput out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES);
    buffer.asFloatBuffer().put(values);
    out.write(buffer.array());
  }

  /** Reads that many numbers. */
  public static float[] readFloats(int count, DataInput in) throws IOException {
    byte[] bytes = new byte[count * Float.BYTES];
    in.readFully(bytes);
    float[] values = new float[count];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }
}
