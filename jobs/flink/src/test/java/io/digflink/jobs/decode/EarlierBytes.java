package io.digflink.jobs.decode;

import io.digflink.jobs.request.ImageHeader;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** Writes what waits for the decoder as version 3 of its state did: an image, news or both. */
final class EarlierBytes {
  private EarlierBytes() {}

  static byte[] version3(HeldLatent held) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeBoolean(held.image() != null);
    if (held.image() != null) {
      writeHeader(held.image().header(), out);
      for (float value : held.image().latent()) {
        out.writeFloat(value);
      }
    }
    out.writeBoolean(held.news() != null);
    if (held.news() != null) {
      writeNews(held.news(), out);
    }
    return bytes.toByteArray();
  }

  private static void writeHeader(ImageHeader header, DataOutputStream out) throws IOException {
    out.writeUTF(header.requestId());
    out.writeUTF(header.source());
    out.writeInt(header.index());
    out.writeInt(header.images());
    out.writeUTF(header.model());
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
    writeBytes(header.headers(), out);
  }

  private static void writeNews(EarlierNews news, DataOutputStream out) throws IOException {
    out.writeUTF(news.requestId());
    out.writeUTF(news.source());
    out.writeUTF(news.state().name());
    out.writeInt(news.images());
    out.writeInt(news.imagesDone());
    if (news.original() == null) {
      out.writeInt(-1);
    } else {
      writeBytes(news.original(), out);
    }
    writeBytes(
        news.failure() == null
            ? new byte[0]
            : RecordCodec.of(RejectedRequest.class).encode(news.failure()),
        out);
    out.writeLong(news.at());
    writeBytes(news.headers(), out);
  }

  private static void writeBytes(byte[] bytes, DataOutputStream out) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
