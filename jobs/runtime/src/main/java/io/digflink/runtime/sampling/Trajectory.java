package io.digflink.runtime.sampling;

import io.digflink.runtime.noise.GaussianNoise;
import io.digflink.runtime.noise.GaussianNoise.Purpose;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * One image on its way from noise to a clean latent. It takes part in a {@link RowBatch} with one
 * row, or with a conditional and an unconditional one where guidance acts, and is moved one step by
 * the batch. Not thread-safe.
 */
public final class Trajectory {
  private final TrajectorySpec spec;
  private final Diffusion diffusion;
  private final NoiseSchedule schedule;
  private final Sampler sampler;
  private final GaussianNoise gaussian;
  private final float[] latent;
  private final float[] history;
  private int stepsDone;
  private boolean finite;
  private float[] wanted;

  private Trajectory(
      TrajectorySpec spec, Diffusion diffusion, float[] latent, float[] history, int stepsDone) {
    this.spec = spec;
    this.diffusion = diffusion;
    NoiseSchedule training = diffusion.schedule();
    this.schedule = training.respaced(spec.spacing().choose(training.size(), spec.steps()));
    this.sampler = Sampler.of(spec, schedule);
    this.gaussian = new GaussianNoise(spec.seed(), spec.index());
    this.latent = latent;
    this.history = sampler.hasHistory() && history == null ? new float[latent.length] : history;
    this.stepsDone = stepsDone;
    this.finite = Vectors.areFinite(latent);
  }

  static Trajectory begin(TrajectorySpec spec, Diffusion diffusion) {
    float[] noise = new float[spec.shape().size()];
    new GaussianNoise(spec.seed(), spec.index()).fill(Purpose.INITIAL, 0, noise);
    return new Trajectory(spec, diffusion, noise, null, 0);
  }

  static Trajectory restore(TrajectoryState state, Diffusion diffusion) {
    float[] history = state.history() == null ? null : state.history().clone();
    return new Trajectory(
        state.spec(), diffusion, state.latent().clone(), history, state.stepsDone());
  }

  /** What the trajectory is. */
  public TrajectorySpec spec() {
    return spec;
  }

  /** Steps taken. */
  public int stepsDone() {
    return stepsDone;
  }

  /** Whether every step is taken. */
  public boolean isDone() {
    return stepsDone == spec.steps();
  }

  /**
   * Whether the latent has only finite values. If not, the network or the guidance gave a step
   * something that is not finite, and no further step can mend it.
   */
  public boolean isFinite() {
    return finite;
  }

  /** The latent as it is now, [C, H, W]; not a copy. Clean once done. */
  public float[] latent() {
    return latent;
  }

  /** Rows that the next step takes in a batch: 1, or 2 where guidance acts. */
  public int rows() {
    return isDone() ? 0 : isGuided() ? 2 : 1;
  }

  /** The state between two steps, copied. */
  public TrajectoryState snapshot() {
    float[] kept = history == null || stepsDone == 0 ? null : history.clone();
    return new TrajectoryState(spec, stepsDone, latent.clone(), kept);
  }

  /** Place of the next step in the schedule. */
  private int place() {
    return spec.steps() - 1 - stepsDone;
  }

  private boolean isGuided() {
    return isGuided(place());
  }

  /** An image without a label has nothing to be guided to. */
  private boolean isGuided(int place) {
    return !Objects.equals(spec.label(), diffusion.nullLabel())
        && spec.guidance().isActive(schedule.timestep(place), diffusion.schedule().size());
  }

  /** The scale that guides some of the steps; 1 where no step is guided. */
  public double guidanceScale() {
    boolean guided = IntStream.range(0, spec.steps()).anyMatch(this::isGuided);
    return guided ? spec.guidance().scale() : 1;
  }

  int timestep() {
    return schedule.timestep(place());
  }

  /** Label of one of the rows: the second is the unconditional one. */
  Integer label(int row) {
    return row == 0 ? spec.label() : diffusion.nullLabel();
  }

  /**
   * Asks for the clean latent that the network predicts in the next step, as a preview shows it.
   * The step itself is the same with and without it.
   *
   * @param clean [C, H, W], filled when the step has been taken; null takes the question back
   */
  public void predictCleanInto(float[] clean) {
    wanted = clean;
  }

  /** x_0 = (x − σ ε) / α, with α = √ᾱ and σ = √(1 − ᾱ) of a place. */
  private void predictClean(int place, float[] epsilon) {
    double alpha = Math.sqrt(schedule.alphaCumprod(place));
    double sigma = Math.sqrt(1 - schedule.alphaCumprod(place));
    System.arraycopy(epsilon, 0, wanted, 0, wanted.length);
    Vectors.combine((float) (-sigma / alpha), wanted, (float) (1 / alpha), latent);
    wanted = null;
  }

  /**
   * Takes one step.
   *
   * @param conditional the network's output for the first row; overwritten
   * @param unconditional noise predicted for the second row; not read where there is none
   * @param noise scratch, [C, H, W]
   */
  void advance(Prediction conditional, float[] unconditional, float[] noise) {
    if (isGuided()) {
      spec.guidance().apply(conditional.epsilon(), unconditional, spec.shape());
    }
    int place = place();
    if (wanted != null) {
      predictClean(place, conditional.epsilon());
    }
    if (sampler.addsNoise(place)) {
      gaussian.fill(Purpose.STEP, stepsDone, noise);
    }
    sampler.step(place, latent, conditional, noise, history);
    stepsDone++;
    finite = Vectors.areFinite(latent);
  }
}
