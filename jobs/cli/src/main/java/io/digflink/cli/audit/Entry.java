package io.digflink.cli.audit;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What the audit needs of a record.
 *
 * @param key the request: its id, or the place of its record where it has none that can be read
 * @param kind what the record is
 * @param number images of a request, index of an image, ordinal of a state
 * @param content a hash of what may not differ: a request's value, an image's SHA-256
 * @param at milliseconds since the epoch
 * @param flag whether a request is not read by the job yet; whether an image is damaged
 */
record Entry(String key, Kind kind, int number, long content, long at, boolean flag) {
  /** What a record is. */
  enum Kind {
    REQUEST,
    IMAGE,
    PROGRESS,
    REJECT
  }

  void write(DataOutput out) throws IOException {
    out.writeUTF(key);
    out.writeByte(kind.ordinal());
    out.writeInt(number);
    out.writeLong(content);
    out.writeLong(at);
    out.writeBoolean(flag);
  }

  static Entry read(DataInput in) throws IOException {
    return new Entry(
        in.readUTF(),
        Kind.values()[in.readByte()],
        in.readInt(),
        in.readLong(),
        in.readLong(),
        in.readBoolean());
  }
}
