package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.platform.Fp16Conversions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * The file that holds a graph's weights. Each weight gets its place while the graph is built; the
 * data is computed and streamed when the file is written, so the model need not fit into memory.
 */
final class ExternalData {
  /** ONNX wants page-aligned offsets, so that tensors can be mapped. */
  private static final long ALIGNMENT = 4096;

  private static final int BUFFER_BYTES = 1 << 20;
  private static final float LARGEST_HALF = 65504;

  private record Entry(String name, ElementType type, Weight weight, long offset) {}

  private final String fileName;
  private final List<Entry> entries = new ArrayList<>();
  private long end;

  ExternalData(String fileName) {
    this.fileName = fileName;
  }

  /** Assigns a weight its place; returns a reference to it. */
  TensorProto place(String name, ElementType type, Weight weight) {
    long offset = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    long length = Math.multiplyExact(weight.elements(), type.bytes());
    entries.add(new Entry(name, type, weight, offset));
    end = offset + length;
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(type.number())
        .addAllDims(weight.shape())
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", fileName))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("length", Long.toString(length)))
        .build();
  }

  long bytes() {
    return end;
  }

  /** Computes every weight as {@link #write} does, and refuses what it would refuse. */
  void check() {
    for (Entry entry : entries) {
      for (Supplier<float[]> piece : entry.weight.pieces()) {
        for (float value : piece.get()) {
          checked(entry, value);
        }
      }
    }
  }

  /** Names of the weights, with those of the parameters that each comes from. */
  Map<String, List<String>> sources() {
    Map<String, List<String>> sources = new LinkedHashMap<>();
    entries.forEach(entry -> sources.put(entry.name(), entry.weight().sources()));
    return sources;
  }

  /**
   * Writes the file into a directory.
   *
   * @param progress receives the number of bytes written so far
   */
  void write(Path directory, LongConsumer progress) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel file =
        FileChannel.open(
            directory.resolve(fileName), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (Entry entry : entries) {
        file.position(entry.offset);
        long elements = 0;
        for (Supplier<float[]> piece : entry.weight.pieces()) {
          float[] values = piece.get();
          elements += values.length;
          write(file, buffer, entry, values);
          progress.accept(file.position());
        }
        if (elements != entry.weight.elements()) {
          throw new IllegalStateException(
              String.format(
                  "%s gave %d elements for the shape %s",
                  entry.name, elements, entry.weight.shape()));
        }
      }
    }
  }

  private static void write(FileChannel file, ByteBuffer buffer, Entry entry, float[] values)
      throws IOException {
    int step = BUFFER_BYTES / entry.type.bytes();
    for (int from = 0; from < values.length; from += step) {
      int to = Math.min(values.length, from + step);
      buffer.clear();
      for (int i = from; i < to; i++) {
        float value = checked(entry, values[i]);
        switch (entry.type) {
          case FLOAT16 -> buffer.putShort(Fp16Conversions.floatToFp16(value));
          case FLOAT8 -> buffer.put(Float8.bits(value));
          default -> buffer.putFloat(value);
        }
      }
      buffer.flip();
      while (buffer.hasRemaining()) {
        file.write(buffer);
      }
    }
  }

  /** Returns the value, unless it is NaN or outside the range of the type it is written as. */
  private static float checked(Entry entry, float value) {
    float largest =
        switch (entry.type) {
          case FLOAT16 -> LARGEST_HALF;
          case FLOAT8 -> Float8.LARGEST;
          default -> Float.MAX_VALUE;
        };
    if (Math.abs(value) <= largest) {
      return value;
    }
    throw new IllegalArgumentException(
        String.format(
            "%s has the element %s, which %s cannot hold (at most %s)%s",
            entry.name,
            value,
            entry.type.name().toLowerCase(Locale.ROOT),
            largest,
            entry.type == ElementType.FLOAT16 ? ": export with --precision fp32" : ""));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
