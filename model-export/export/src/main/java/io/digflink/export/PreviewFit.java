package io.digflink.export;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.bundle.ModelManifest;
import io.digflink.operators.OnnxRuntime;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Fits the linear map of previews by least squares: from latents to what the decoder makes of them,
 * each cell's square of pixels averaged. The latents are random fields that vary slowly, as those
 * of pictures do, from a fixed seed; the numbers are rounded, so that machines whose last bits
 * differ find the same ones.
 */
final class PreviewFit {
  private static final long SEED = 20_251_128;
  private static final int PICTURES = 8;

  /** Cells of a picture in each direction. */
  private static final int CELLS = 16;

  /** Cells at the border see the decoder's padding instead of a neighbour. */
  private static final int BORDER = 1;

  // Standard deviations of the parts of a latent: of a picture, of a quarter of it, of a cell.
  private static final double OF_PICTURE = 0.6;
  private static final double OF_QUARTER = 0.7;
  private static final double OF_CELL = 0.35;

  /** Keeps the equations solvable where the decoder ignores a channel. */
  private static final double RIDGE = 1e-3;

  private static final double STEPS = 1e3;

  private final int channels;
  private final int scale;
  private final int colors;
  private final Random random = new Random(SEED);

  // Normal equations; the last unknown is the bias.
  private final double[][] left;
  private final double[][] right;

  private PreviewFit(ModelManifest manifest) {
    channels = manifest.latent().channels();
    scale = manifest.image().scale();
    colors = manifest.image().channels();
    left = new double[channels + 1][channels + 1];
    right = new double[channels + 1][colors];
  }

  /**
   * Fits the map of a decoder, on the CPU.
   *
   * @param decoder the graph
   * @param manifest of its bundle
   * @throws OrtException if the decoder does not run
   * @throws ArithmeticException if what it makes is not finite
   */
  static ModelManifest.Preview of(Path decoder, ModelManifest manifest) throws OrtException {
    PreviewFit fit = new PreviewFit(manifest);
    OrtEnvironment environment = OnnxRuntime.environment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(decoder.toString(), options)) {
      for (int i = 0; i < PICTURES; i++) {
        float[] latent = fit.latent();
        fit.add(latent, fit.decode(session, environment, latent));
      }
    }
    return fit.solve();
  }

  /** A random latent, [C, H, W]. */
  private float[] latent() {
    float[] latent = new float[channels * CELLS * CELLS];
    for (int c = 0; c < channels; c++) {
      double mean = OF_PICTURE * random.nextGaussian();
      double[][] quarters = new double[4][4];
      for (double[] row : quarters) {
        for (int x = 0; x < row.length; x++) {
          row[x] = OF_QUARTER * random.nextGaussian();
        }
      }
      for (int y = 0; y < CELLS; y++) {
        for (int x = 0; x < CELLS; x++) {
          latent[(c * CELLS + y) * CELLS + x] =
              (float) (mean + between(quarters, y, x) + OF_CELL * random.nextGaussian());
        }
      }
    }
    return latent;
  }

  /** The value of a coarse grid at a cell, interpolated. */
  private static double between(double[][] grid, int y, int x) {
    double step = (grid.length - 1.0) / (CELLS - 1);
    int row = Math.min(grid.length - 2, (int) (y * step));
    int column = Math.min(grid.length - 2, (int) (x * step));
    double down = y * step - row;
    double across = x * step - column;
    return (1 - down) * ((1 - across) * grid[row][column] + across * grid[row][column + 1])
        + down * ((1 - across) * grid[row + 1][column] + across * grid[row + 1][column + 1]);
  }

  /** The decoder's image, [c, sH, sW]. */
  private float[] decode(OrtSession session, OrtEnvironment environment, float[] latent)
      throws OrtException {
    long[] shape = {1, channels, CELLS, CELLS};
    try (OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(latent), shape);
        OrtSession.Result result = session.run(Map.of("latent", input))) {
      FloatBuffer image = ((OnnxTensor) result.get("image").orElseThrow()).getFloatBuffer();
      float[] pixels = new float[image.remaining()];
      image.get(pixels);
      return pixels;
    }
  }

  private void add(float[] latent, float[] image) {
    double[] cell = new double[channels + 1];
    cell[channels] = 1;
    for (int y = BORDER; y < CELLS - BORDER; y++) {
      for (int x = BORDER; x < CELLS - BORDER; x++) {
        for (int c = 0; c < channels; c++) {
          cell[c] = latent[(c * CELLS + y) * CELLS + x];
        }
        for (int color = 0; color < colors; color++) {
          double mean = mean(image, color, y, x);
          for (int i = 0; i <= channels; i++) {
            right[i][color] += cell[i] * mean;
          }
        }
        for (int i = 0; i <= channels; i++) {
          for (int j = 0; j <= channels; j++) {
            left[i][j] += cell[i] * cell[j];
          }
        }
      }
    }
  }

  /** Mean of a cell's pixels, as they are displayed. */
  private double mean(float[] image, int color, int y, int x) {
    int width = CELLS * scale;
    double sum = 0;
    for (int row = y * scale; row < (y + 1) * scale; row++) {
      for (int column = x * scale; column < (x + 1) * scale; column++) {
        float pixel = image[(color * width + row) * width + column];
        if (!Float.isFinite(pixel)) {
          throw new ArithmeticException("the decoder makes values that are not finite");
        }
        sum += Math.max(-1, Math.min(1, pixel));
      }
    }
    return sum / (scale * scale);
  }

  private ModelManifest.Preview solve() {
    for (int i = 0; i < channels; i++) {
      left[i][i] += RIDGE;
    }
    eliminate();
    List<List<Double>> weights = new ArrayList<>();
    for (int color = 0; color < colors; color++) {
      int column = color;
      weights.add(IntStream.range(0, channels).mapToObj(c -> rounded(right[c][column])).toList());
    }
    List<Double> bias =
        IntStream.range(0, colors).mapToObj(c -> rounded(right[channels][c])).toList();
    return new ModelManifest.Preview(weights, bias);
  }

  /** Gauss and Jordan: the right side becomes the solution. The left is positive definite. */
  private void eliminate() {
    for (int pivot = 0; pivot <= channels; pivot++) {
      double divisor = left[pivot][pivot];
      scale(left[pivot], divisor);
      scale(right[pivot], divisor);
      for (int row = 0; row <= channels; row++) {
        double factor = left[row][pivot];
        if (row != pivot) {
          subtract(left[row], left[pivot], factor);
          subtract(right[row], right[pivot], factor);
        }
      }
    }
  }

  private static void scale(double[] row, double divisor) {
    for (int i = 0; i < row.length; i++) {
      row[i] /= divisor;
    }
  }

  private static void subtract(double[] row, double[] other, double factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] -= factor * other[i];
    }
  }

  private static double rounded(double value) {
    return Math.rint(value * STEPS) / STEPS;
  }
}
