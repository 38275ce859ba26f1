package io.digflink.export.arch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.platform.Fp16Conversions;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.ElementType;
import io.digflink.export.oracle.Golden;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PositionEmbeddingITCase {
  private static final int SIDE = 4;
  private static final int WIDTH = 32;

  @Test
  void theFormulaGivesTheOfficialEmbeddingBitForBit() throws Exception {
    StateDict ema = Golden.of("dig-plain").checkpoint().ema().orElseThrow();
    assertThat(PositionEmbedding.table(8, 8, 64)).isEqualTo(ema.get("pos_embed").toFloatArray());
  }

  @Test
  void aStoredEmbeddingThatWasRoundedIsRecognised() {
    float[] exact = PositionEmbedding.table(SIDE, SIDE, WIDTH);
    float[] rounded = new float[exact.length];
    for (int i = 0; i < exact.length; i++) {
      rounded[i] = Fp16Conversions.bf16ToFloat(Fp16Conversions.floatToBf16(exact[i]));
    }
    assertThat(PositionEmbedding.rounding(tensor(exact), SIDE, WIDTH))
        .contains(ElementType.FLOAT32);
    assertThat(PositionEmbedding.rounding(tensor(rounded), SIDE, WIDTH))
        .contains(ElementType.BFLOAT16);
  }

  @Test
  void anotherEmbeddingIsNotComputed() {
    float[] other = PositionEmbedding.table(SIDE, SIDE, WIDTH);
    other[7] += 0.01f;
    assertThat(PositionEmbedding.rounding(tensor(other), SIDE, WIDTH)).isEmpty();
    DigConfig config =
        DigConfig.of(Map.of("input_size", 2 * SIDE, "hidden_size", WIDTH, "num_heads", 2));
    Parameters parameters = Parameters.of(StateDict.of(List.of(tensor(other))));
    assertThat(Denoiser.computesPositions(parameters, config)).isFalse();
  }

  @Test
  void whatAveragingChangesIsNotLearned() {
    float[] exact = PositionEmbedding.table(SIDE, SIDE, WIDTH);
    Random random = new Random(1);
    float[] averaged = exact.clone();
    float[] learned = exact.clone();
    for (int i = 0; i < exact.length; i++) {
      averaged[i] += 3e-4f * (2 * random.nextFloat() - 1);
      learned[i] += 3e-3f * (2 * random.nextFloat() - 1);
    }
    assertThat(PositionEmbedding.rounding(tensor(averaged), SIDE, WIDTH)).isEmpty();
    assertThat(PositionEmbedding.isAveraged(tensor(averaged), SIDE, WIDTH)).isTrue();
    assertThat(PositionEmbedding.isAveraged(tensor(learned), SIDE, WIDTH)).isFalse();
    averaged[5] = Float.NaN;
    assertThat(PositionEmbedding.isAveraged(tensor(averaged), SIDE, WIDTH)).isFalse();
  }

  private static Tensor tensor(float[] values) {
    return Tensor.of("pos_embed", new long[] {1, SIDE * SIDE, WIDTH}, values);
  }
}
