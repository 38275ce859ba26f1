package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** Writes latents that wait for the decoder; refuses versions that it does not know. */
final class DenoisedImageSerializer implements SimpleVersionedSerializer<DenoisedImage> {
  static final int VERSION = 1;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(DenoisedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    AdmittedRequestFormat.write(image.request(), out);
    out.writeInt(image.index());
    out.writeLong(image.startedAt());
    out.writeLong(image.finishedAt());
    AdmittedRequestFormat.writeFloats(image.latent(), out);
    return bytes.toByteArray();
  }

  @Override
  public DenoisedImage deserialize(int version, byte[] serialized) throws IOException {
    if (version != VERSION) {
      throw new IOException(
          "Expected state of Decode in version "
              + VERSION
              + ", found version "
              + version
              + ": restore with the release that wrote it, or start without state");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    AdmittedRequest request = AdmittedRequestFormat.readVersion1(in);
    int index = in.readInt();
    long startedAt = in.readLong();
    long finishedAt = in.readLong();
    float[] latent = AdmittedRequestFormat.readFloats(request.latent().size(), in);
    return new DenoisedImage(request, index, latent, startedAt, finishedAt);
  }
}
