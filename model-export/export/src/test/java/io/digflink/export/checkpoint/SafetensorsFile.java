package io.digflink.export.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes float32 safetensors files, as tests need them. */
public final class SafetensorsFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SafetensorsFile() {}

  /** Writes all tensors of a state dict. */
  public static Path write(Path path, StateDict tensors) throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    long offset = 0;
    for (String name : tensors.names()) {
      Tensor tensor = tensors.get(name);
      long end = offset + Float.BYTES * tensor.elements();
      header.put(
          name,
          Map.of(
              "dtype", "F32", "shape", tensor.shape(), "data_offsets", new long[] {offset, end}));
      offset = end;
    }
    ByteBuffer data = ByteBuffer.allocate((int) offset).order(ByteOrder.LITTLE_ENDIAN);
    for (String name : tensors.names()) {
      for (float value : tensors.get(name).toFloatArray()) {
        data.putFloat(value);
      }
    }
    return Files.write(path, bytes(MAPPER.writeValueAsString(header), data.array()));
  }

  /** A file with this header, true or not, and these data. */
  static byte[] bytes(String header, byte... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(json.length).put(json).put(data).array();
  }
}
