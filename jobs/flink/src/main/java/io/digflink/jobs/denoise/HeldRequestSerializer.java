package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** Writes {@link HeldRequest}; reads the versions that it knows and refuses all others. */
final class HeldRequestSerializer implements SimpleVersionedSerializer<HeldRequest> {
  static final int VERSION = 3;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(HeldRequest request) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    AdmittedRequestFormat.write(request.admitted(), out);
    out.writeUTF(request.bundleDigest());
    out.writeInt(request.begun());
    out.writeInt(request.images().size());
    for (HeldImage image : request.images()) {
      out.writeLong(image.startedAt());
      out.writeInt(image.stepsDone());
      AdmittedRequestFormat.writeFloats(image.values(), out);
      out.writeBoolean(image.history() != null);
      if (image.history() != null) {
        AdmittedRequestFormat.writeFloats(image.history(), out);
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public HeldRequest deserialize(int version, byte[] serialized) throws IOException {
    if (version < 1 || version > VERSION) {
      throw new IOException(
          "Expected state of Denoise in version 1 to "
              + VERSION
              + ", found version "
              + version
              + ": restore with the release that wrote it, or start without state");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    AdmittedRequest admitted = AdmittedRequestFormat.read(version, in);
    String bundleDigest = in.readUTF();
    int begun = in.readInt();
    int count = in.readInt();
    int size = admitted.latent().size();
    List<HeldImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long startedAt = in.readLong();
      int stepsDone = in.readInt();
      float[] values = AdmittedRequestFormat.readFloats(size, in);
      float[] history = in.readBoolean() ? AdmittedRequestFormat.readFloats(size, in) : null;
      images.add(new HeldImage(startedAt, stepsDone, values, history));
    }
    return new HeldRequest(admitted, bundleDigest, begun, images);
  }
}
