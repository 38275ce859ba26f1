package io.digflink.jobs.admit;

import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.StateVersions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Writes records that wait for the schema registry; refuses versions that it does not know. Version
 * 1 had no key.
 */
final class IncomingRecordSerializer implements SimpleVersionedSerializer<IncomingRecord> {
  static final int VERSION = 2;

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(IncomingRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(record.isTombstone() ? -1 : record.value().length);
    out.write(record.isTombstone() ? new byte[0] : record.value());
    out.writeUTF(record.source());
    out.writeLong(record.timestamp());
    out.writeInt(record.headers().length);
    out.write(record.headers());
    out.writeInt(record.key().length);
    out.write(record.key());
    return bytes.toByteArray();
  }

  @Override
  public IncomingRecord deserialize(int version, byte[] serialized) throws IOException {
    if (version < 1 || version > VERSION) {
      throw StateVersions.unknown("Admit", VERSION, version);
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
    int length = in.readInt();
    byte[] value = length < 0 ? null : in.readNBytes(length);
    String source = in.readUTF();
    long timestamp = in.readLong();
    byte[] headers = new byte[in.readInt()];
    in.readFully(headers);
    byte[] key = new byte[version == 1 ? 0 : in.readInt()];
    in.readFully(key);
    return new IncomingRecord(value, source, timestamp, key, headers);
  }
}
