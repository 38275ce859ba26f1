package io.digflink.jobs.request;

import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How operator state holds a portion. */
public final class PortionFormat {
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private PortionFormat() {}

  /** Writes a portion. */
  public static void write(Portion portion, DataOutput out) throws IOException {
    AdmittedRequestFormat.writeBytes(CODEC.encode(portion.request()), out);
    out.writeUTF(portion.source());
    out.writeUTF(portion.tenant());
    out.writeInt(portion.images());
    out.writeInt(portion.from());
    out.writeInt(portion.to());
    out.writeInt(portion.labels().length);
    for (int label : portion.labels()) {
      out.writeInt(label);
    }
    out.writeBoolean(portion.isUnconditional());
    out.writeInt(portion.latent().channels());
    out.writeInt(portion.latent().height());
    out.writeInt(portion.latent().width());
    out.writeLong(portion.askedAt());
    out.writeLong(portion.admittedAt());
    AdmittedRequestFormat.writeBytes(portion.headers(), out);
    out.writeUTF(portion.bundleDigest());
  }

  /** Reads what {@link #write} wrote. */
  public static Portion read(DataInput in) throws IOException {
    GenerationRequest request = CODEC.decode(AdmittedRequestFormat.readBytes(in));
    String source = in.readUTF();
    String tenant = in.readUTF();
    int images = in.readInt();
    int from = in.readInt();
    int to = in.readInt();
    int[] labels = new int[in.readInt()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = in.readInt();
    }
    return new Portion(
        request,
        source,
        tenant,
        images,
        from,
        to,
        labels,
        in.readBoolean(),
        new LatentShape(in.readInt(), in.readInt(), in.readInt()),
        in.readLong(),
        in.readLong(),
        AdmittedRequestFormat.readBytes(in),
        in.readUTF());
  }
}
