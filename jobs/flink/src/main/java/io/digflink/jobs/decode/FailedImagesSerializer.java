package io.digflink.jobs.decode;

import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** Writes {@link FailedImages}; refuses versions that it does not know. */
final class FailedImagesSerializer implements SimpleVersionedSerializer<FailedImages> {
  static final int VERSION = 1;
  private static final RecordCodec<RejectedRequest> CODEC = RecordCodec.of(RejectedRequest.class);

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(FailedImages failed) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(failed.requestId());
    out.writeUTF(failed.source());
    out.writeInt(failed.images());
    out.write(CODEC.encode(failed.reject()));
    return bytes.toByteArray();
  }

  @Override
  public FailedImages deserialize(int version, byte[] serialized) throws IOException {
    if (version != VERSION) {
      throw new IOException(
          "Expected failed images of Decode in version "
              + VERSION
              + ", found version "
              + version
              + ": restore with the release that wrote it, or start without state");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    return new FailedImages(
        in.readUTF(), in.readUTF(), in.readInt(), CODEC.decode(in.readAllBytes()));
  }
}
