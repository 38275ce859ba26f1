package io.digflink.export.checkpoint;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * Weights for benchmarks: a pure function of seed, tensor name and element index. They are
 * generated while they are copied, so a model of any size takes no memory.
 *
 * <p>Matrices and convolutions are uniform with variance 1/fan-in (LeCun), so that activations keep
 * their scale through any depth; one-dimensional weights are near 1, biases near 0, embeddings have
 * a standard deviation of 0.02. Nothing is zero, so the adaLN layers, which training starts at
 * zero, take part too.
 */
public final class RandomWeights {
  private static final double BIAS_RANGE = 0.02;
  private static final double EMBEDDING_RANGE = 0.02 * Math.sqrt(3);

  /** Weyl increment and finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private RandomWeights() {}

  /** A state dict with a tensor for every entry of {@code shapes}, in its order. */
  public static StateDict stateDict(Map<String, long[]> shapes, long seed) {
    List<Tensor> tensors =
        shapes.entrySet().stream().map(e -> tensor(e.getKey(), e.getValue(), seed)).toList();
    return StateDict.of(tensors);
  }

  /** One tensor; the same seed, name and index always give the same element. */
  public static Tensor tensor(String name, long[] shape, long seed) {
    boolean scale = shape.length == 1 && name.endsWith("weight");
    float centre = scale ? 1 : 0;
    float range = (float) range(name, shape);
    long key = mix(seed + GOLDEN_GAMMA * name.hashCode());
    return new Tensor(
        name,
        DType.FLOAT32,
        shape,
        (first, destination) -> fill(key, centre, range, first, destination));
  }

  private static double range(String name, long[] shape) {
    if (shape.length < 2) {
      return BIAS_RANGE;
    }
    if (name.endsWith("embedding_table.weight")) {
      return EMBEDDING_RANGE;
    }
    long fanIn = 1;
    for (int axis = 1; axis < shape.length; axis++) {
      fanIn *= shape[axis];
    }
    return Math.sqrt(3.0 / fanIn);
  }

  private static void fill(
      long key, float centre, float range, long first, FloatBuffer destination) {
    for (long i = first; destination.hasRemaining(); i++) {
      long bits = mix(key + i * GOLDEN_GAMMA);
      float uniform = ((bits >> 40) + 0.5f) * 0x1p-23f; // in (-1, 1), never 0
      destination.put(centre + range * uniform);
    }
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
