package io.digflink.export.arch;

import io.digflink.export.checkpoint.CheckpointException;
import io.digflink.export.checkpoint.RandomWeights;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The parameters of a checkpoint, as an architecture asks for them. Tensors that are missing, left
 * over or misshapen are collected, so that {@link #check} reports all of them at once.
 */
public final class Parameters {
  private static final int SHOWN_PROBLEMS = 100;

  private final StateDict dict;
  private final long seed;
  private final Set<String> taken = new HashSet<>();
  private final List<String> problems = new ArrayList<>();
  private long count;

  private Parameters(StateDict dict, long seed) {
    this.dict = dict;
    this.seed = seed;
  }

  /** The parameters of a checkpoint. */
  public static Parameters of(StateDict dict) {
    return new Parameters(dict, 0);
  }

  /** Random values in whatever shape is asked for. */
  public static Parameters random(long seed) {
    return new Parameters(null, seed);
  }

  /** Whether the values are random. */
  public boolean areRandom() {
    return dict == null;
  }

  /** Whether the checkpoint has this tensor; random parameters have every tensor. */
  public boolean contains(String name) {
    return dict == null || dict.contains(name);
  }

  /** The stored tensor of this name, which the checkpoint must contain. */
  public Tensor stored(String name) {
    return dict.get(name);
  }

  /** A parameter; its data is read when the graph is written. */
  public Weight take(String name, long... shape) {
    taken.add(name);
    count += Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (dict == null) {
      return Weight.of(() -> RandomWeights.tensor(name, shape, seed).toFloatArray(), shape);
    }
    if (!dict.contains(name)) {
      problems.add(name + " is missing: expected " + Arrays.toString(shape));
    } else if (!Arrays.equals(dict.get(name).shape(), shape)) {
      problems.add(
          String.format(
              "%s has another shape: expected %s, found %s",
              name, Arrays.toString(shape), Arrays.toString(dict.get(name).shape())));
    }
    return Weight.of(() -> finite(dict.get(name)), shape);
  }

  /**
   * The elements of a tensor.
   *
   * @throws IllegalArgumentException naming the tensor if an element is NaN or infinite, which
   *     would spoil every image
   */
  private static float[] finite(Tensor tensor) {
    float[] values = tensor.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            String.format(
                "%s %s has the element %s at %s; expected finite numbers. The training has"
                    + " diverged or the file is damaged: export an earlier checkpoint, or choose"
                    + " other weights of this one with --weights",
                tensor.name(),
                Arrays.toString(tensor.shape()),
                values[i],
                Arrays.toString(index(i, tensor.shape()))));
      }
    }
    return values;
  }

  /** The index of an element, from its place in row-major order. */
  private static long[] index(long place, long[] shape) {
    long[] index = new long[shape.length];
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = place % shape[axis];
      place /= shape[axis];
    }
    return index;
  }

  /** Number of elements taken so far. */
  public long count() {
    return count;
  }

  /**
   * Compares what was asked for with what the checkpoint has.
   *
   * @param model the model that the parameters were expected to belong to, for the message
   * @param ignoredPrefixes tensors whose names start with one of these may be left over
   * @param fix what the user can do if they differ
   * @throws CheckpointException naming every tensor that is missing, left over or misshapen
   */
  public void check(String model, List<String> ignoredPrefixes, String fix)
      throws CheckpointException {
    if (dict == null) {
      return;
    }
    List<String> all = new ArrayList<>(problems);
    for (String name : dict.names()) {
      if (!taken.contains(name) && ignoredPrefixes.stream().noneMatch(name::startsWith)) {
        all.add(
            String.format(
                "%s is left over: expected no such tensor, found %s",
                name, Arrays.toString(dict.get(name).shape())));
      }
    }
    if (all.isEmpty()) {
      return;
    }
    List<String> shown = new ArrayList<>(all.subList(0, Math.min(all.size(), SHOWN_PROBLEMS)));
    if (shown.size() < all.size()) {
      shown.add("… and " + (all.size() - shown.size()) + " more");
    }
    throw new CheckpointException(
        String.format(
            "The checkpoint does not fit %s:%n  %s%n%s",
            model, String.join(System.lineSeparator() + "  ", shown), fix));
  }
}
