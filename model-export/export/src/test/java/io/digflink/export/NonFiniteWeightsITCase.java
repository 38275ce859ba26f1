package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.Precision;
import io.digflink.export.checkpoint.DType;
import io.digflink.export.checkpoint.SafetensorsFile;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.oracle.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights that would turn every image black are refused by name; nothing is written. */
class NonFiniteWeightsITCase {
  private static final String TENSOR = "final_layer.linear.weight";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 0x7fc00000, NaN",
    "FLOAT32, 0xffffffff, NaN",
    "FLOAT32, 0x7f800000, Infinity",
    "FLOAT32, 0xff800000, -Infinity",
    "FLOAT16, 0x7e00, NaN",
    "FLOAT16, 0x7c00, Infinity",
    "FLOAT16, 0xfc00, -Infinity",
    "BFLOAT16, 0x7fc0, NaN",
    "BFLOAT16, 0xff80, -Infinity",
    "FLOAT64, 0x7ff8000000000000, NaN",
    "FLOAT64, 0x7ff0000000000000, Infinity",
    "FLOAT64, 0x7e37e43c8800759c, Infinity"
  })
  void oneElementThatIsNotFiniteIsRefusedByTheTensorsName(DType dtype, String bits, String shown)
      throws Exception {
    StateDict weights = Golden.of("dit").checkpoint().ema().orElseThrow();
    long[] shape = weights.get(TENSOR).shape();
    int place = Math.toIntExact(shape[1]) + 5;
    ByteBuffer data =
        ByteBuffer.allocate(Math.toIntExact(weights.get(TENSOR).elements()) * dtype.bytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    long element = Long.parseUnsignedLong(bits.substring(2), 16);
    for (int i = 0; i < dtype.bytes(); i++) {
      data.put(place * dtype.bytes() + i, (byte) (element >>> 8 * i));
    }
    Path file = directory.resolve("model.safetensors");
    SafetensorsFile.write(file, weights, TENSOR, dtype, data.array());

    for (Precision precision : Precision.values()) {
      assertThatThrownBy(() -> export(file, Optional.empty(), precision))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              TENSOR + " [" + shape[0] + ", " + shape[1] + "] has the element " + shown)
          .hasMessageContaining(" at [1, 5]; expected finite numbers.")
          .hasMessageContaining("export an earlier checkpoint");
      assertThat(directory.toFile().list()).containsExactly("model.safetensors");
    }
  }

  @Test
  void whatOverflowsFloat16IsRefusedOnlyThere() throws Exception {
    StateDict weights = Golden.of("dit").checkpoint().ema().orElseThrow();
    List<Tensor> tensors = new ArrayList<>();
    for (String name : weights.names()) {
      float[] values = weights.get(name).toFloatArray();
      if (name.equals(TENSOR)) {
        values[0] = -70_000;
      }
      tensors.add(Tensor.of(name, weights.get(name).shape(), values));
    }
    Path file =
        SafetensorsFile.write(directory.resolve("model.safetensors"), StateDict.of(tensors));

    assertThatThrownBy(() -> export(file, Optional.empty(), Precision.FP16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("final_layer/linear/weight has the element -70000.0")
        .hasMessageContaining("which float16 cannot hold (at most 65504.0)")
        .hasMessageContaining("export with --precision fp32");
    assertThat(directory.toFile().list()).containsExactly("model.safetensors");
    assertThat(export(file, Optional.empty(), Precision.FP32)).noneMatch(this::isWarning);
  }

  @Test
  void aDecoderThatAsksForFloat32IsExportedInFloat16WithAWarning() throws Exception {
    Path checkpoint = Golden.of("dit").checkpointFile();
    Optional<Path> vae = Optional.of(Golden.of("vae").directory());
    assertThat(Files.readString(vae.get().resolve("config.json")))
        .contains("\"force_upcast\": true");

    assertThat(export(checkpoint, vae, Precision.FP32)).noneMatch(this::isWarning);
    Files.move(directory.resolve("bundle"), directory.resolve("other"));
    assertThat(export(checkpoint, vae, Precision.FP16))
        .filteredOn(this::isWarning)
        .singleElement()
        .asString()
        .contains("vae has force_upcast")
        .contains("--precision fp32");
  }

  private boolean isWarning(String line) {
    return line.startsWith("Warning: ");
  }

  /** The lines of progress. */
  private List<String> export(Path checkpoint, Optional<Path> vae, Precision precision)
      throws Exception {
    List<String> lines = new ArrayList<>();
    ExportRequest request =
        new ExportRequest(
            Optional.of(checkpoint),
            OptionalLong.empty(),
            vae,
            directory.resolve("bundle"),
            Optional.empty(),
            ExportRequest.WeightChoice.BEST,
            Optional.empty(),
            Optional.of(Golden.of("dit").config()),
            precision,
            Optional.empty(),
            List.of(),
            false);
    new Exporter(request, lines::add).export();
    return lines;
  }
}
