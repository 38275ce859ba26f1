package io.digflink.export.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/** Writes pickles opcode by opcode, honest ones and others. */
final class Pickle {
  private static final Map<PickleOpcode, Integer> CODES = new EnumMap<>(PickleOpcode.class);

  static {
    for (int code = 0; code < 256; code++) {
      if (PickleOpcode.of(code) != null) {
        CODES.put(PickleOpcode.of(code), code);
      }
    }
  }

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A pickle of the given protocol. */
  static Pickle protocol(int version) {
    return new Pickle().op(PickleOpcode.PROTO, version);
  }

  /** An opcode with single-byte arguments. */
  Pickle op(PickleOpcode opcode, int... argument) {
    out.write(CODES.get(opcode));
    for (int value : argument) {
      out.write(value);
    }
    return this;
  }

  Pickle ops(PickleOpcode... opcodes) {
    for (PickleOpcode opcode : opcodes) {
      op(opcode);
    }
    return this;
  }

  Pickle repeat(int times, PickleOpcode... opcodes) {
    for (int i = 0; i < times; i++) {
      ops(opcodes);
    }
    return this;
  }

  Pickle raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  Pickle text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return op(PickleOpcode.BINUNICODE).raw(int32(utf8.length)).raw(utf8);
  }

  Pickle number(long value) {
    return op(PickleOpcode.LONG1, Long.BYTES)
        .raw(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  Pickle global(String module, String name) {
    String lines = module + "\n" + name + "\n";
    return op(PickleOpcode.GLOBAL).raw(lines.getBytes(StandardCharsets.UTF_8));
  }

  Pickle tuple(long... values) {
    op(PickleOpcode.MARK);
    for (long value : values) {
      number(value);
    }
    return op(PickleOpcode.TUPLE);
  }

  /** What {@code torch.save} writes for a storage. */
  Pickle storage(String type, String key, long elements) {
    op(PickleOpcode.MARK).text("storage").global("torch", type).text(key).text("cpu");
    return number(elements).ops(PickleOpcode.TUPLE, PickleOpcode.BINPERSID);
  }

  /** What {@code torch.save} writes for a tensor that views a storage. */
  Pickle tensor(String type, String key, long elements, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op(PickleOpcode.MARK);
    storage(type, key, elements).number(offset).tuple(shape).tuple(strides);
    op(PickleOpcode.NEWFALSE).global("collections", "OrderedDict");
    return ops(
        PickleOpcode.EMPTY_TUPLE, PickleOpcode.REDUCE, PickleOpcode.TUPLE, PickleOpcode.REDUCE);
  }

  /** What is written so far, as a part of another pickle. */
  byte[] bytes() {
    return out.toByteArray();
  }

  /** The finished pickle. */
  byte[] stop() {
    return op(PickleOpcode.STOP).out.toByteArray();
  }

  static byte[] int32(long value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array();
  }
}
