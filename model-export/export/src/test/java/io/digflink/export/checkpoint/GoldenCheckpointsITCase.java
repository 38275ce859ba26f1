package io.digflink.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.export.oracle.Golden;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch and diffusers wrote. */
class GoldenCheckpointsITCase {

  @ParameterizedTest
  @ValueSource(strings = {"dig-plain", "dig-skip", "dig-uncond", "dit"})
  void readsTheLayoutOfTheOfficialTrainingScript(String name) throws Exception {
    Checkpoint checkpoint = Golden.of(name).checkpoint();

    assertThat(checkpoint.model().names()).contains("x_embedder.proj.weight", "pos_embed");
    assertThat(checkpoint.ema()).isPresent();
    // The reference cases keep only the first few tensors of the raw weights.
    assertThat(checkpoint.ema().get().names()).containsAll(checkpoint.model().names());
    assertThat(checkpoint.args()).containsKey("model").containsEntry("image_size", 128L);
    assertThat(checkpoint.sha256()).matches("[0-9a-f]{64}");
  }

  @Test
  void aTensorHasTheShapeAndElementsThatWereSaved() throws Exception {
    StateDict model = Golden.of("dig-plain").checkpoint().ema().orElseThrow();

    Tensor weight = model.get("x_embedder.proj.weight");
    assertThat(weight.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(weight.shape()).containsExactly(64, 4, 2, 2);
    float[] values = weight.toFloatArray();
    assertThat(values).hasSize(1024);
    // The weights were rounded to bfloat16 before they were saved.
    for (float value : values) {
      assertThat(Float.floatToRawIntBits(value) & 0xFFFF).isZero();
    }
    // Row 0 of the fixed sin-cos embedding: sin(0) in the even quarters, cos(0) in the odd ones.
    float[] positions = model.get("pos_embed").toFloatArray();
    assertThat(positions[0]).isZero();
    assertThat(positions[16]).isEqualTo(1);
  }

  @Test
  void readsADiffusersDirectoryWithItsConfiguration() throws Exception {
    Checkpoint checkpoint = Checkpoints.open(Golden.of("vae").directory());

    assertThat(checkpoint.args())
        .containsEntry("_class_name", "AutoencoderKL")
        .containsEntry("block_out_channels", List.of(32L, 64L, 64L, 64L))
        .containsEntry("scaling_factor", 0.18215);
    assertThat(checkpoint.model().get("decoder.conv_in.weight").shape())
        .containsExactly(64, 4, 3, 3);
    assertThat(checkpoint.ema()).isEmpty();
  }
}
