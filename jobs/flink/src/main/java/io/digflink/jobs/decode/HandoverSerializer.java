package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.RequestNews;
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
 * <p>Version 1 had an image with its whole request, and no news: that all images of a request were
 * done followed from the last one. Version 2 had no headers of the request's record.
 */
final class HandoverSerializer implements SimpleVersionedSerializer<Handover> {
  static final int VERSION = 3;
  private static final RecordCodec<RejectedRequest> REJECTS = RecordCodec.of(RejectedRequest.class);

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(Handover handover) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeBoolean(handover.image() != null);
    if (handover.image() != null) {
      writeHeader(handover.image().header(), out);
      AdmittedRequestFormat.writeFloats(handover.image().latent(), out);
    }
    out.writeBoolean(handover.news() != null);
    if (handover.news() != null) {
      writeNews(handover.news(), out);
    }
    return bytes.toByteArray();
  }

  @Override
  public Handover deserialize(int version, byte[] serialized) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    return switch (version) {
      case 1 -> readVersion1(in);
      case 2, VERSION -> {
        DenoisedImage image = in.readBoolean() ? readImage(version, in) : null;
        RequestNews news = in.readBoolean() ? readNews(version, in) : null;
        yield new Handover(image, news);
      }
      default ->
          throw new IOException(
              "Expected state of Decode in version 1 to "
                  + VERSION
                  + ", found version "
                  + version
                  + ": restore with the release that wrote it, or start without state");
    };
  }

  private static Handover readVersion1(DataInput in) throws IOException {
    AdmittedRequest request = AdmittedRequestFormat.read(1, in);
    int index = in.readInt();
    long startedAt = in.readLong();
    long finishedAt = in.readLong();
    float[] latent = AdmittedRequestFormat.readFloats(request.latent().size(), in);
    double guidance = request.request().getGuidanceScale();
    ImageHeader header = ImageHeader.of(request, index, null, guidance, startedAt, finishedAt);
    RequestNews end =
        header.isLast()
            ? RequestNews.end(request, RequestState.COMPLETED, request.images(), finishedAt)
            : null;
    return new Handover(new DenoisedImage(header, latent), end);
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

  private static void writeNews(RequestNews news, DataOutput out) throws IOException {
    out.writeUTF(news.requestId());
    out.writeUTF(news.source());
    out.writeUTF(news.state().name());
    out.writeInt(news.images());
    out.writeInt(news.imagesDone());
    out.writeInt(news.isEnd() ? news.original().length : -1);
    if (news.isEnd()) {
      out.write(news.original());
    }
    byte[] failure = news.failure() == null ? new byte[0] : REJECTS.encode(news.failure());
    out.writeInt(failure.length);
    out.write(failure);
    out.writeLong(news.at());
    AdmittedRequestFormat.writeHeaders(news.headers(), out);
  }

  private static RequestNews readNews(int version, DataInput in) throws IOException {
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
    return new RequestNews(
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
