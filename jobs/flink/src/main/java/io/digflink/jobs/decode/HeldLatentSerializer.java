package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.StateVersions;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Writes what waits for the decoder; reads the versions that it knows and refuses all others.
 *
 * <ol>
 *   <li>An image with its whole request, and no news: that all images of a request were done
 *       followed from the last one.
 *   <li>Images and news, in order.
 *   <li>With the headers of the request's record.
 *   <li>Images alone, with the key of their portion.
 * </ol>
 */
final class HeldLatentSerializer implements SimpleVersionedSerializer<HeldLatent> {
  static final int VERSION = 4;
  private static final RecordCodec<RejectedRequest> REJECTS = RecordCodec.of(RejectedRequest.class);

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(HeldLatent held) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    writeHeader(held.image().header(), out);
    AdmittedRequestFormat.writeFloats(held.image().latent(), out);
    out.writeUTF(held.key());
    return bytes.toByteArray();
  }

  @Override
  public HeldLatent deserialize(int version, byte[] serialized) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    return switch (version) {
      case 1 -> readVersion1(in);
      case 2, 3 -> readImageAndNews(version, in);
      case VERSION -> HeldLatent.of(readImage(version, in), in.readUTF());
      default -> throw StateVersions.unknown("Decode", VERSION, version);
    };
  }

  private static HeldLatent readVersion1(DataInput in) throws IOException {
    AdmittedRequest request = AdmittedRequestFormat.read(1, in);
    int index = in.readInt();
    long startedAt = in.readLong();
    long finishedAt = in.readLong();
    float[] latent = AdmittedRequestFormat.readFloats(request.latent().size(), in);
    double guidance = request.request().getGuidanceScale();
    Portion whole = Portion.of(request, "", 0, request.images());
    ImageHeader header = ImageHeader.of(whole, index, null, guidance, startedAt, finishedAt);
    EarlierNews end =
        index + 1 < request.images()
            ? null
            : new EarlierNews(
                request.id(),
                request.source(),
                RequestState.COMPLETED,
                request.images(),
                request.images(),
                request.original(),
                null,
                finishedAt,
                request.headers());
    return new HeldLatent(new DenoisedImage(header, latent), whole.key(), true, end);
  }

  /** Up to version 3 the request decided on the subtask. */
  private static HeldLatent readImageAndNews(int version, DataInput in) throws IOException {
    DenoisedImage image = in.readBoolean() ? readImage(version, in) : null;
    EarlierNews news = in.readBoolean() ? readNews(version, in) : null;
    String key = image == null ? news.requestId() : image.header().requestId();
    return new HeldLatent(image, key, true, news);
  }

  private static void writeHeader(ImageHeader header, DataOutput out) throws IOException {
    out.writeUTF(header.requestId());
    out.writeUTF(header.source());
    out.writeInt(header.index());
    out.writeInt(header.images());
    out.writeUTF(header.model());
    // A latent of version 1 has no digest; neither digest nor label is empty or negative.
    out.writeUTF(header.bundleDigest() == null ? "" : header.bundleDigest());
    out.writeInt(header.label() == null ? -1 : header.label());
    out.writeLong(header.seed());
    out.writeUTF(header.sampler());
    out.writeInt(header.steps());
    out.writeUTF(header.timestepSpacing());
    out.writeDouble(header.eta());
    out.writeDouble(header.guidanceScale());
    out.writeUTF(header.guidanceChannels());
    out.writeDouble(header.guidanceFrom());
    out.writeDouble(header.guidanceTo());
    out.writeInt(header.latent().channels());
    out.writeInt(header.latent().height());
    out.writeInt(header.latent().width());
    out.writeUTF(header.format());
    out.writeInt(header.quality());
    out.writeLong(header.askedAt());
    out.writeLong(header.admittedAt());
    out.writeLong(header.startedAt());
    out.writeLong(header.finishedAt());
    AdmittedRequestFormat.writeHeaders(header.headers(), out);
  }

  private static DenoisedImage readImage(int version, DataInput in) throws IOException {
    String requestId = in.readUTF();
    String source = in.readUTF();
    int index = in.readInt();
    int images = in.readInt();
    String model = in.readUTF();
    String digest = in.readUTF();
    int label = in.readInt();
    ImageHeader header =
        new ImageHeader(
            requestId,
            source,
            index,
            images,
            model,
            digest.isEmpty() ? null : digest,
            label < 0 ? null : label,
            in.readLong(),
            in.readUTF(),
            in.readInt(),
            in.readUTF(),
            in.readDouble(),
            in.readDouble(),
            in.readUTF(),
            in.readDouble(),
            in.readDouble(),
            new LatentShape(in.readInt(), in.readInt(), in.readInt()),
            in.readUTF(),
            in.readInt(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            AdmittedRequestFormat.readHeaders(version, in));
    return new DenoisedImage(header, AdmittedRequestFormat.readFloats(header.latent().size(), in));
  }

  private static EarlierNews readNews(int version, DataInput in) throws IOException {
    String requestId = in.readUTF();
    String source = in.readUTF();
    RequestState state = RequestState.valueOf(in.readUTF());
    int images = in.readInt();
    int imagesDone = in.readInt();
    int length = in.readInt();
    byte[] original = length < 0 ? null : new byte[length];
    if (original != null) {
      in.readFully(original);
    }
    byte[] failure = new byte[in.readInt()];
    in.readFully(failure);
    return new EarlierNews(
        requestId,
        source,
        state,
        images,
        imagesDone,
        original,
        failure.length == 0 ? null : REJECTS.decode(failure),
        in.readLong(),
        AdmittedRequestFormat.readHeaders(version, in));
  }
}
