package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes safetensors files, as tests need them. */
public final class SafetensorsFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SafetensorsFile() {}

  /** Writes all tensors of a state dict in float32. */
  public static Path write(Path path, StateDict tensors) throws IOException {
    return write(path, tensors, "", DType.FLOAT32);
  }

  /** The same, with the data of one tensor replaced. */
  public static Path write(
      Path path, StateDict tensors, String replaced, DType dtype, byte... replacement)
      throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (String name : tensors.names()) {
      Tensor tensor = tensors.get(name);
      boolean replace = name.equals(replaced);
      long start = data.size();
      data.write(
          replace ? replacement : TorchFile.floats(ByteOrder.LITTLE_ENDIAN, tensor.toFloatArray()));
      header.put(
          name,
          Map.of(
              "dtype",
              replace ? dtype.safetensorsName() : "F32",
              "shape",
              tensor.shape(),
              "data_offsets",
              new long[] {start, data.size()}));
    }
    return Files.write(path, bytes(MAPPER.writeValueAsString(header), data.toByteArray()));
  }

  /** A file with this header, true or not, and these data. */
  static byte[] bytes(String header, byte... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(json.length).put(json).put(data).array();
  }
}
