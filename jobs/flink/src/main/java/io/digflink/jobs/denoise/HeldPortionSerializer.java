package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.PortionFormat;
import io.digflink.jobs.request.StateVersions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Writes {@link HeldPortion}; reads the versions that it knows and refuses all others. Up to
 * version 3 a whole request was held, whose images left in the order of their index.
 */
final class HeldPortionSerializer implements SimpleVersionedSerializer<HeldPortion> {
  static final int VERSION = 4;
  private static final int LAST_OF_WHOLE_REQUESTS = 3;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(HeldPortion held) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    PortionFormat.write(held.portion(), out);
    out.writeInt(held.next());
    out.writeInt(held.images().size());
    for (HeldImage image : held.images()) {
      out.writeInt(image.index());
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
  public HeldPortion deserialize(int version, byte[] serialized) throws IOException {
    if (version < 1 || version > VERSION) {
      throw StateVersions.unknown("Denoise", VERSION, version);
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    if (version <= LAST_OF_WHOLE_REQUESTS) {
      AdmittedRequest admitted = AdmittedRequestFormat.read(version, in);
      Portion whole = Portion.of(admitted, in.readUTF(), 0, admitted.images());
      int begun = in.readInt();
      int count = in.readInt();
      List<HeldImage> images = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        images.add(readImage(begun - count + i, whole, in));
      }
      return new HeldPortion(whole, admitted.original(), begun, images);
    }
    Portion portion = PortionFormat.read(in);
    int next = in.readInt();
    int count = in.readInt();
    List<HeldImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(readImage(in.readInt(), portion, in));
    }
    return new HeldPortion(portion, null, next, images);
  }

  private static HeldImage readImage(int index, Portion portion, DataInputStream in)
      throws IOException {
    int size = portion.latent().size();
    long startedAt = in.readLong();
    int stepsDone = in.readInt();
    float[] values = AdmittedRequestFormat.readFloats(size, in);
    float[] history = in.readBoolean() ? AdmittedRequestFormat.readFloats(size, in) : null;
    return new HeldImage(index, startedAt, stepsDone, values, history);
  }
}
