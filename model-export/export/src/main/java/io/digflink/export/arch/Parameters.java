package io.digflink.export.arch;

import io.digflink.export.checkpoint.CheckpointException;
import io.digflink.export.checkpoint.RandomWeights;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.checkpoint.Tensor;
import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The parameters of a checkpoint, as an architecture asks for them. Tensors that are missing, left
 * over or misshapen are collected, so that {@link #check} reports all of them at once.
 */
public final class Parameters {
  private static final String POSITIONS = "pos_embed";

  private final StateDict dict;
  private final long seed;
  private final Map<String, long[]> taken = new LinkedHashMap<>();
  private final List<String> missing = new ArrayList<>();
  private final List<String> misshapen = new ArrayList<>();
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

  /** The stored position embedding of a square grid, if the checkpoint has one of this shape. */
  Optional<Tensor> storedPositions(long side, long width) {
    boolean there =
        dict != null
            && dict.contains(POSITIONS)
            && Arrays.equals(dict.get(POSITIONS).shape(), new long[] {1, side * side, width});
    return there ? Optional.of(dict.get(POSITIONS)) : Optional.empty();
  }

  /** The position embedding, which a checkpoint may leave out since it can be computed. */
  Weight takePositions(long... shape) {
    if (dict != null && !dict.contains(POSITIONS)) {
      count += Arrays.stream(shape).reduce(1, Math::multiplyExact);
      return Weight.of(
          () -> {
            throw new IllegalStateException("there are no stored positions");
          },
          shape);
    }
    return take(POSITIONS, shape);
  }

  /** A parameter; its data is read when the graph is written. */
  public Weight take(String name, long... shape) {
    taken.put(name, shape.clone());
    count += Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (dict == null) {
      return Weight.of(() -> RandomWeights.tensor(name, shape, seed).toFloatArray(), shape)
          .from(List.of(name));
    }
    if (!dict.contains(name)) {
      missing.add(name + " is missing: expected " + Arrays.toString(shape));
    } else if (!Arrays.equals(dict.get(name).shape(), shape)) {
      misshapen.add(
          String.format(
              "%s has another shape: expected %s, found %s",
              name, Arrays.toString(shape), Arrays.toString(dict.get(name).shape())));
    }
    return Weight.of(() -> finite(dict.get(name)), shape).from(List.of(name));
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

  /** The shapes of the parameters taken so far, by name and in their order. */
  public Map<String, long[]> taken() {
    return Collections.unmodifiableMap(taken);
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
   * @throws CheckpointException with an example of tensors that are missing, left over or misshapen
   */
  public void check(String model, List<String> ignoredPrefixes, String fix)
      throws CheckpointException {
    if (dict == null) {
      return;
    }
    List<String> leftOver = new ArrayList<>();
    for (String name : dict.names()) {
      if (!taken.containsKey(name) && ignoredPrefixes.stream().noneMatch(name::startsWith)) {
        leftOver.add(
            String.format(
                "%s is left over: expected no such tensor, found %s",
                name, Arrays.toString(dict.get(name).shape())));
      }
    }
    String problems =
        Stream.of(misshapen, missing, leftOver)
            .filter(kind -> !kind.isEmpty())
            .map(Parameters::examples)
            .collect(Collectors.joining(System.lineSeparator() + "  "));
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          String.format("The checkpoint does not fit %s:%n  %s%n%s", model, problems, fix));
    }
  }

  /** The first problem, the first one of an attention, and how many more there are. */
  private static String examples(List<String> problems) {
    Set<String> shown = new LinkedHashSet<>(problems.subList(0, 1));
    problems.stream()
        .filter(problem -> problem.contains(".attn."))
        .findFirst()
        .ifPresent(shown::add);
    int more = problems.size() - shown.size();
    return String.join("; ", shown) + (more > 0 ? "; and " + more + " more" : "");
  }
}
