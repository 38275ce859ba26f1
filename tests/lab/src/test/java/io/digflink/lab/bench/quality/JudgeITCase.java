package io.digflink.lab.bench.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The figures of bench quality against those that the training recipe's own code recorded of the
 * same images, by {@code export_judge.py --classifier-steps 20}: what the judge has learned does
 * not matter here.
 */
class JudgeITCase {
  @Test
  void judgesAsTheRecipeDoes() throws Exception {
    StateDict recorded = Checkpoints.open(golden("judge-20-steps-parity")).model();
    float[] pixels = recorded.get("images").toFloatArray();
    float[] labels = recorded.get("labels").toFloatArray();
    int size = pixels.length / labels.length;
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      byte[] image = new byte[size];
      for (int p = 0; p < size; p++) {
        image[p] = (byte) pixels[i * size + p];
      }
      images.add(image);
    }
    try (Judge judge = Judge.open(golden("judge-20-steps"))) {
      Judge.Opinion opinion = judge.judge(images);
      float[] expected = recorded.get("features").toFloatArray();
      int width = expected.length / labels.length;
      int right = 0;
      for (int i = 0; i < labels.length; i++) {
        assertThat(opinion.features()[i])
            .containsExactly(
                Arrays.copyOfRange(expected, i * width, (i + 1) * width), within(1e-4f));
        right += opinion.labels()[i] == labels[i] ? 1 : 0;
      }
      assertThat(right / (double) labels.length)
          .isCloseTo(recorded.get("accuracy").toFloatArray()[0], within(1e-6));
      double frechet = recorded.get("frechet").toFloatArray()[0];
      // Double precision on both sides; the statistics of the real images are stored in float32.
      assertThat(Statistics.of(opinion.features()).distanceTo(judge.real()))
          .isCloseTo(frechet, within(1e-3 * frechet));
    }
  }

  @Test
  void namesTheScriptWhereThereIsNoJudge() {
    assertThatThrownBy(() -> Judge.open(Path.of("none.safetensors")))
        .hasMessage(
            "Expected a judge at none.safetensors, found none: make one with export_judge.py of"
                + " model-export/train, or give another with --judge");
  }

  private static Path golden(String name) throws URISyntaxException {
    return Path.of(JudgeITCase.class.getResource("/golden/" + name + ".safetensors").toURI());
  }
}
