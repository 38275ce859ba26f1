package io.digflink.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CPU operator inside ONNX Runtime, against the naive recurrence. */
class GatedLinearAttentionITCase {

  @BeforeAll
  static void needsTheLibrary() {
    BuiltLibrary.require();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 63, 64, 65, 130, 1000, 4096})
  void matchesTheRecurrenceAtEveryLength(int length) throws OrtException {
    compare(GatedLinearAttentionCase.random(1, 1, length, 2, 32, 64, 0, true, 1));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 6", "3, 18", "4, 12", "5, 2", "6, 3", "7, 5"})
  void matchesTheRecurrenceForEveryBatchAndNumberOfHeads(int batch, int heads) throws OrtException {
    compare(GatedLinearAttentionCase.random(batch, 5, 7, heads, 32, 64, 1, true, 1));
  }

  @ParameterizedTest
  @CsvSource({"0, 9, 4", "1, 9, 4", "2, 9, 4", "3, 9, 4", "2, 3, 40", "3, 16, 16", "3, 1, 33"})
  void visitsTheGridInEveryDirection(int direction, int rows, int columns) throws OrtException {
    compare(GatedLinearAttentionCase.random(2, rows, columns, 3, 32, 64, direction, true, 1));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "8, 8", "16, 32", "24, 48", "33, 65", "64, 128", "128, 128", "128, 1"})
  void servesOtherHeadSizes(int keySize, int valueSize) throws OrtException {
    compare(GatedLinearAttentionCase.random(2, 6, 7, 2, keySize, valueSize, 2, true, 1));
    compare(GatedLinearAttentionCase.random(2, 6, 7, 2, keySize, valueSize, 3, false, 1));
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 1e-30f, 10, 80, 1000})
  void extremeGatesNeitherOverflowNorLoseTheResult(float gateScale) throws OrtException {
    compare(GatedLinearAttentionCase.random(1, 1, 300, 2, 32, 64, 0, false, gateScale));
  }

  @Test
  void nanStaysWhereTheRecurrencePutsIt() throws OrtException {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(2, 5, 9, 2, 32, 64, 2, false, 1);
    int token = gla.length() + 22;
    // q and k of head 0, v of head 1, g of head 0
    for (int column : new int[] {3, 2 * 32 + 5, 4 * 32 + 64 + 9, 4 * 32 + 2 * 64 + 7}) {
      gla.packed()[token * gla.width() + column] = Float.NaN;
      float[] expected = gla.naive();
      for (boolean half : new boolean[] {false, true}) {
        try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, half)) {
          float[] actual = session.run(gla);
          for (int i = 0; i < expected.length; i++) {
            assertThat(Float.isNaN(actual[i]))
                .as("column %d, output %d", column, i)
                .isEqualTo(Float.isNaN(expected[i]));
          }
        }
      }
      gla.packed()[token * gla.width() + column] = 1;
    }
  }

  @Test
  void noTokensGiveAnEmptyOutput() throws OrtException {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(1, 2, 2, 2, 32, 64, 0, false, 1);
    GatedLinearAttentionCase empty =
        new GatedLinearAttentionCase(0, 2, 2, 2, 32, 64, 0, new float[0], gla.bias(), null);
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, false)) {
      assertThat(session.run(empty)).isEmpty();
    }
  }

  @Test
  void concurrentRunsOfOneSessionDoNotDisturbEachOther() throws Exception {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(3, 8, 8, 6, 32, 64, 3, true, 1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, false)) {
      float[] expected = session.run(gla);
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        results.add(threads.submit(() -> session.run(gla)));
      }
      for (Future<float[]> result : results) {
        assertThat(result.get()).isEqualTo(expected);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void refusesAGridThatDoesNotHoldTheTokens() throws OrtException {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(1, 4, 4, 2, 32, 64, 0, false, 1);
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, false)) {
      assertThatThrownBy(() -> session.run(gla, new long[] {3, 5}))
          .hasMessageContaining(
              "a grid of 3 rows and 5 columns does not have the 16 tokens of its input");
      assertThatThrownBy(() -> session.run(gla, new long[] {Long.MAX_VALUE, Long.MAX_VALUE}))
          .hasMessageContaining("does not have the 16 tokens of its input");
      assertThatThrownBy(() -> session.run(gla, new long[] {16}))
          .hasMessageContaining("grid must be [2], rows and columns, not of shape [1]");
    }
  }

  @Test
  void refusesTensorsOfTheWrongSize() throws OrtException {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(1, 4, 4, 2, 32, 64, 0, true, 1);
    GatedLinearAttentionCase other =
        GatedLinearAttentionCase.random(1, 4, 4, 3, 32, 64, 0, true, 1);
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, false)) {
      assertThatThrownBy(() -> session.run(other))
          .hasMessageContaining(
              "packed must be [batch, length, 448], the sum of q, k, v, g, z for 2 heads of 32 and"
                  + " 64, not [1, 16, 672]");
      GatedLinearAttentionCase bias =
          new GatedLinearAttentionCase(
              1, 4, 4, 2, 32, 64, 0, gla.packed(), other.bias(), gla.weight());
      assertThatThrownBy(() -> session.run(bias))
          .hasMessageContaining("gate_bias must be [64], not [96]");
      GatedLinearAttentionCase shortWeight =
          new GatedLinearAttentionCase(
              1, 4, 4, 2, 32, 64, 0, gla.packed(), gla.bias(), new float[] {1});
      assertThatThrownBy(() -> session.run(shortWeight))
          .hasMessageContaining("norm_weight must be [64], not [1]");
    }
  }

  @Test
  void refusesAttributesThatItCannotServe() {
    GatedLinearAttentionCase gla = GatedLinearAttentionCase.random(1, 4, 4, 2, 32, 64, 0, false, 1);
    refusesAttribute(gla, "direction", 4, "direction must be 0 to 3, not 4");
    refusesAttribute(gla, "key_size", 129, "key_size must be 1 to 128, not 129");
    refusesAttribute(gla, "num_heads", 0, "num_heads must be 1 to 65536, not 0");
  }

  private static void refusesAttribute(
      GatedLinearAttentionCase gla, String name, long value, String message) {
    OnnxMl.ModelProto.Builder model = GatedLinearAttentionSession.model(gla, false).toBuilder();
    model.getGraphBuilder().getNodeBuilder(0).getAttributeBuilderList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .forEach(attribute -> attribute.setI(value));
    assertThatThrownBy(() -> new GatedLinearAttentionSession(model.build(), false).close())
        .isInstanceOf(OrtException.class)
        .hasMessageContaining(message);
  }

  private static void compare(GatedLinearAttentionCase gla) throws OrtException {
    float[] expected = gla.naive();
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, false)) {
      assertThat(Tolerances.relativeL2(session.run(gla), expected))
          .isLessThan(Tolerances.of("operator.fp32"));
    }
    try (GatedLinearAttentionSession session = new GatedLinearAttentionSession(gla, true)) {
      assertThat(Tolerances.relativeL2(session.run(gla), expected))
          .isLessThan(Tolerances.of("operator.fp16"));
    }
  }
}
