package io.digflink.jobs.request;

import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;

/** How operator state holds an admitted request: the record as it came and what was worked out. */
public final class AdmittedRequestFormat {
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private AdmittedRequestFormat() {}

  /** Writes a request. */
  public static void write(AdmittedRequest request, DataOutput out) throws IOException {
    out.writeInt(request.original().length);
    out.write(request.original());
    out.writeUTF(request.source());
    out.writeInt(request.labels().length);
    for (int label : request.labels()) {
      out.writeInt(label);
    }
    out.writeInt(request.latent().channels());
    out.writeInt(request.latent().height());
    out.writeInt(request.latent().width());
    out.writeLong(request.askedAt());
    out.writeLong(request.admittedAt());
  }

  /** Reads what {@link #write} wrote. */
  public static AdmittedRequest read(DataInput in) throws IOException {
    return read(in, true);
  }

  /** Reads what the first release wrote, which did not know the time of a request's record. */
  public static AdmittedRequest readVersion1(DataInput in) throws IOException {
    return read(in, false);
  }

  private static AdmittedRequest read(DataInput in, boolean hasAskedAt) throws IOException {
    byte[] original = new byte[in.readInt()];
    in.readFully(original);
    String source = in.readUTF();
    int[] labels = new int[in.readInt()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = in.readInt();
    }
    LatentShape latent = new LatentShape(in.readInt(), in.readInt(), in.readInt());
    GenerationRequest request = CODEC.decode(original);
    long askedAt = hasAskedAt ? in.readLong() : 0;
    long admittedAt = in.readLong();
    if (!hasAskedAt) {
      Instant createdAt = request.getCreatedAt();
      askedAt = createdAt == null ? admittedAt : createdAt.toEpochMilli();
    }
    return new AdmittedRequest(original, source, request, labels, latent, askedAt, admittedAt);
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
