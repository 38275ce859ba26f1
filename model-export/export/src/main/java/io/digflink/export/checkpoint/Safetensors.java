package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file: the length of a JSON header (8 bytes, little-endian), the header, and the
 * elements of all tensors without a gap or an overlap.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
final class Safetensors {
  private static final int LENGTH_BYTES = 8;
  private static final int MAX_HEADER = 16 << 20;
  private static final String METADATA = "__metadata__";

  /** A tensor and the range of the data section that it fills, in bytes. */
  private record Placed(Tensor tensor, long begin, long end) {}

  private final FileBytes file;

  private Safetensors(FileBytes file) {
    this.file = file;
  }

  /** Whether a file begins like a safetensors file: a length, then a JSON object. */
  static boolean isSafetensors(FileBytes file) {
    return file.size() > LENGTH_BYTES && file.copy(LENGTH_BYTES, 1).get() == '{';
  }

  /** The tensors in the order of the header. */
  static List<Tensor> read(FileBytes file) throws CheckpointException {
    return new Safetensors(file).read();
  }

  private List<Tensor> read() throws CheckpointException {
    long length = file.copy(0, LENGTH_BYTES).getLong();
    long available = file.size() - LENGTH_BYTES;
    if (length < 0 || length > Math.min(available, MAX_HEADER)) {
      throw fail(
          "its header claims %d bytes; the file has %d, and at most %d are read",
          length, available, MAX_HEADER);
    }
    byte[] header = file.copy(LENGTH_BYTES, (int) length).array();
    JsonNode root = CheckpointJson.object(file.label() + ": its header", header);
    long dataStart = LENGTH_BYTES + length;
    List<Placed> placed = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (!entry.getKey().equals(METADATA)) {
        placed.add(tensor(entry.getKey(), entry.getValue(), dataStart));
      }
    }
    checkCoverage(placed, available - length);
    return placed.stream().map(Placed::tensor).toList();
  }

  private Placed tensor(String name, JsonNode entry, long dataStart) throws CheckpointException {
    String typeName = entry.path("dtype").asText();
    DType dtype =
        DType.ofSafetensorsName(typeName)
            .orElseThrow(() -> fail("tensor '%s' has the unsupported dtype '%s'", name, typeName));
    long[] shape = naturals(name, entry, "shape");
    long[] range = naturals(name, entry, "data_offsets");
    long bytes = dtype.bytes();
    try {
      for (long dimension : shape) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
    } catch (ArithmeticException e) {
      throw fail("tensor '%s' of shape %s is larger than any file", name, Arrays.toString(shape));
    }
    if (range.length != 2 || range[1] - range[0] != bytes) {
      throw fail(
          "tensor '%s' %s%s takes %d bytes, but its data_offsets are %s",
          name, dtype, Arrays.toString(shape), bytes, Arrays.toString(range));
    }
    long start = dataStart + range[0];
    StoredElements elements =
        new StoredElements(
            file,
            start,
            dtype,
            ByteOrder.LITTLE_ENDIAN,
            shape,
            StoredElements.rowMajorStrides(shape));
    return new Placed(new Tensor(name, dtype, shape, elements), range[0], range[1]);
  }

  private long[] naturals(String name, JsonNode entry, String key) throws CheckpointException {
    JsonNode array = entry.path(key);
    boolean valid = array.isArray() && array.size() <= Tensor.MAX_RANK;
    long[] values = new long[valid ? array.size() : 0];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      valid &= value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0;
      values[i] = value.longValue();
    }
    if (!valid) {
      throw fail(
          "the '%s' of tensor '%s' is not an array of at most %d natural numbers",
          key, name, Tensor.MAX_RANK);
    }
    return values;
  }

  private void checkCoverage(List<Placed> placed, long dataBytes) throws CheckpointException {
    List<Placed> inOrder =
        placed.stream()
            .sorted(Comparator.comparingLong(Placed::begin).thenComparingLong(Placed::end))
            .toList();
    long end = 0;
    for (Placed next : inOrder) {
      if (next.begin() != end) {
        throw fail(
            "tensor '%s' begins at byte %d of the data; expected %d, as tensors leave no gap and do"
                + " not overlap",
            next.tensor().name(), next.begin(), end);
      }
      end = next.end();
    }
    if (end != dataBytes) {
      throw fail(
          "its tensors take %d bytes, but %d follow the header: the file is truncated or damaged",
          end, dataBytes);
    }
  }

  private CheckpointException fail(String format, Object... arguments) {
    return new CheckpointException(
        "%s is not a readable safetensors file: %s"
            .formatted(file.label(), format.formatted(arguments)));
  }
}
