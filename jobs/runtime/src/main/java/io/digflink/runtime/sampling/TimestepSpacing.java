package io.digflink.runtime.sampling;

import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which of the training timesteps a sampler visits: the official {@code space_timesteps} of
 * improved diffusion, DiT and DiG.
 */
public enum TimestepSpacing {
  /** Evenly from the first to the last timestep, rounded to the nearest (half to even). */
  UNIFORM("uniform"),
  /** Every k-th timestep from 0, with the k that gives the wanted number ("ddimN"). */
  DDIM("ddim");

  private final String id;

  TimestepSpacing(String id) {
    this.id = id;
  }

  /** The name in requests. */
  public String id() {
    return id;
  }

  /**
   * The spacing of a name, whatever its case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static TimestepSpacing of(String id) {
    return Arrays.stream(values())
        .filter(spacing -> spacing.id.equalsIgnoreCase(id))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Expected a timestep spacing of uniform, ddim, found \"" + id + "\""));
  }

  /**
   * Whether there are timesteps to choose.
   *
   * @param timesteps training timesteps T
   * @param steps how many to choose
   */
  public boolean canTake(int timesteps, int steps) {
    return steps >= 1
        && steps <= timesteps
        && (this == UNIFORM || stride(timesteps, steps).isPresent());
  }

  /** The numbers of steps next to one that cannot be taken, such as {@code 20 or 21 steps}. */
  public String nearest(int timesteps, int steps) {
    TreeSet<Integer> possible = new TreeSet<>();
    for (int stride = 1; stride < timesteps; stride++) {
      possible.add(visited(timesteps, stride));
    }
    return Stream.of(possible.floor(steps), possible.ceiling(steps))
            .filter(Objects::nonNull)
            .map(String::valueOf)
            .collect(Collectors.joining(" or "))
        + " steps";
  }

  /**
   * Chooses timesteps.
   *
   * @param timesteps training timesteps T
   * @param steps how many to choose, 1 to T
   * @return the chosen timesteps, ascending
   * @throws IllegalArgumentException if there is no such choice
   */
  public int[] choose(int timesteps, int steps) {
    if (steps < 1 || steps > timesteps) {
      throw new IllegalArgumentException("Expected 1 to " + timesteps + " steps, found " + steps);
    }
    return this == UNIFORM ? uniform(timesteps, steps) : strided(timesteps, steps);
  }

  private static int[] uniform(int timesteps, int steps) {
    double stride = steps == 1 ? 1 : (timesteps - 1) / (double) (steps - 1);
    int[] chosen = new int[steps];
    double position = 0; // summed up as the official code does: the rounding depends on it
    for (int i = 0; i < steps; i++) {
      chosen[i] = (int) Math.rint(position);
      position += stride;
    }
    return chosen;
  }

  private int[] strided(int timesteps, int steps) {
    int stride =
        stride(timesteps, steps)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "No integer stride visits exactly "
                            + steps
                            + " of "
                            + timesteps
                            + " timesteps: take "
                            + nearest(timesteps, steps)
                            + ", or the uniform spacing"));
    return IntStream.range(0, steps).map(i -> i * stride).toArray();
  }

  private static OptionalInt stride(int timesteps, int steps) {
    return IntStream.range(1, timesteps)
        .filter(stride -> visited(timesteps, stride) == steps)
        .findFirst();
  }

  /** How many timesteps a stride visits. */
  private static int visited(int timesteps, int stride) {
    return (timesteps + stride - 1) / stride;
  }
}
