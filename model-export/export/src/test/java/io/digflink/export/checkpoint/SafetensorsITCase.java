package io.digflink.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsITCase {
  private static final Tensor FIRST = Tensor.of("first", new long[] {2, 2}, 1, 2, 3, 4);
  private static final Tensor SECOND = Tensor.of("second", new long[] {}, 5);

  @TempDir Path directory;

  @Test
  void tensorsAreReadInTheOrderOfTheHeader() throws Exception {
    Path file = SafetensorsFile.write(directory.resolve("w"), StateDict.of(List.of(FIRST, SECOND)));

    Checkpoint checkpoint = Checkpoints.open(file);

    assertThat(checkpoint.model().names()).containsExactly("first", "second");
    assertThat(checkpoint.model().get("first").toFloatArray()).containsExactly(1, 2, 3, 4);
    assertThat(checkpoint.model().get("second").shape()).isEmpty();
    assertThat(checkpoint.source()).isEqualTo(file);
  }

  @Test
  void metadataIsNoTensor() throws Exception {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"w\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}   ";
    StateDict model = read(header, (byte) 0x80, (byte) 0x3F).model();
    assertThat(model.names()).containsExactly("w");
    assertThat(model.get("w").dtype()).isEqualTo(DType.BFLOAT16);
    assertThat(model.get("w").toFloatArray()).containsExactly(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "F32 | [1] | [0,3] | takes 4 bytes, but its data_offsets are [0, 3]",
        "F32 | [1] | [4,0] | takes 4 bytes, but its data_offsets are [4, 0]",
        "F32 | [2] | [0,8] | its tensors take 8 bytes, but 4 follow the header",
        "F32 | [1] | [1,5] | begins at byte 1 of the data; expected 0",
        "F32 | [-1] | [0,4] | 'shape' of tensor 'w' is not an array of at most 16 natural numbers",
        "F32 | [1.5] | [0,4] | 'shape' of tensor 'w' is not an array",
        "F32 | 1 | [0,4] | 'shape' of tensor 'w' is not an array",
        "F32 | [9999999999,9999999999] | [0,4] | is larger than any file",
        "F8_E4M3 | [4] | [0,4] | has the unsupported dtype 'F8_E4M3'",
      })
  void headersThatDoNotFitTheDataAreRefused(
      String dtype, String shape, String offsets, String message) {
    String header =
        "{\"w\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
            .formatted(dtype, shape, offsets);
    assertThatThrownBy(() -> read(header, new byte[4]))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(message);
  }

  @Test
  void overlappingTensorsAreRefused() {
    String entry = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    assertThatThrownBy(() -> read("{\"a\":" + entry + ",\"b\":" + entry + "}", new byte[4]))
        .hasMessageContaining("tensor 'b' begins at byte 0 of the data; expected 4");
    assertThatThrownBy(() -> read("{\"a\":" + entry + ",\"a\":" + entry + "}", new byte[4]))
        .hasMessageContaining("its header is not valid JSON");
  }

  @Test
  void headersThatAreNoHeadersAreRefused() {
    byte[] forged = SafetensorsFile.bytes("{}");
    forged[6] = 1;
    assertThatThrownBy(() -> Checkpoints.read(FileBytes.of("w", forged), Path.of("w")))
        .hasMessageContaining("its header claims 281474976710658 bytes");
    assertThatThrownBy(() -> read("{\"w\":" + "[".repeat(100_000))).hasMessageContaining("JSON");
    assertThatThrownBy(() -> read("{\"w\":")).hasMessageContaining("is not valid JSON");
  }

  @Test
  void shardsAreReadThroughTheirIndex() throws Exception {
    Path index = shards("{\"weight_map\":{\"first\":\"a.bin\",\"second\":\"b.bin\"}}");

    Checkpoint checkpoint = Checkpoints.open(index);

    assertThat(checkpoint.model().names()).containsExactly("first", "second");
    assertThat(checkpoint.model().get("second").toFloatArray()).containsExactly(5);
    assertThat(checkpoint.sha256())
        .isEqualTo(
            FileBytes.sha256(
                List.of(
                    FileBytes.map(directory.resolve("a.bin")),
                    FileBytes.map(directory.resolve("b.bin")))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'first':'a.bin','second':'c.bin'} | names the shard c.bin, which is not beside it",
        "{'first':'a.bin','second':'../b.bin'} | in '../b.bin', which is not a plain file name",
        "{'first':'a.bin'} | never",
        "{'first':'b.bin','second':'a.bin'} | does not say that tensor 'first' is in a.bin",
        "{'first':'a.bin','second':'b.bin','x':'a.bin'} | tensor 'x' is in a.bin, but it is not",
      })
  void anIndexThatDoesNotFitItsShardsIsRefused(String map, String message) throws Exception {
    Path index = shards("{\"weight_map\":" + map.replace('\'', '"') + "}");
    if (message.equals("never")) {
      assertThat(Checkpoints.open(index).model().names()).containsExactly("first");
      return;
    }
    assertThatThrownBy(() -> Checkpoints.open(index))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aDirectoryWithoutWeightsIsExplained() throws Exception {
    Files.createDirectory(directory.resolve("vae"));
    assertThatThrownBy(() -> Checkpoints.open(directory))
        .hasMessageContaining("has no weights: expected one of [diffusion_pytorch_model")
        .hasMessageContaining("it is a whole pipeline: give its 'vae' directory");
    assertThatThrownBy(() -> Checkpoints.open(directory.resolve("none.pt")))
        .hasMessageContaining("there is no checkpoint at")
        .hasMessageContaining("none.pt");
  }

  @Test
  void elementsAreReadAcrossTheSegmentsOfALargeFile() throws Exception {
    Path path = directory.resolve("sparse");
    long boundary = 1L << 30;
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(2 * boundary + 100);
      for (int i = -2; i < 2; i++) {
        file.seek(boundary + 2 + 4L * i); // one float lies across the boundary
        ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(i);
        file.write(bytes.array());
      }
    }
    long[] shape = {4};
    for (long[] strides : new long[][] {{1}, {-1}}) {
      long start = boundary + 2 + (strides[0] < 0 ? 4 : -8);
      StoredElements elements =
          new StoredElements(
              FileBytes.map(path), start, DType.FLOAT32, ByteOrder.LITTLE_ENDIAN, shape, strides);
      FloatBuffer found = FloatBuffer.allocate(4);
      elements.read(0, found);
      assertThat(found.array())
          .containsExactly(
              strides[0] < 0 ? new float[] {1, 0, -1, -2} : new float[] {-2, -1, 0, 1});
    }
  }

  private Path shards(String index) throws Exception {
    SafetensorsFile.write(directory.resolve("a.bin"), StateDict.of(List.of(FIRST)));
    SafetensorsFile.write(directory.resolve("b.bin"), StateDict.of(List.of(SECOND)));
    return Files.writeString(
        directory.resolve("w.safetensors.index.json"), index, StandardCharsets.UTF_8);
  }

  private static Checkpoint read(String header, byte... data) throws CheckpointException {
    return Checkpoints.read(FileBytes.of("w", SafetensorsFile.bytes(header, data)), Path.of("w"));
  }
}
