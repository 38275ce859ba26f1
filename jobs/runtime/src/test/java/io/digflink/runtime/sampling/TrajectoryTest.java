package io.digflink.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.digflink.runtime.sampling.Guidance.Channels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrajectoryTest {
  private static final Diffusion DIFFUSION = AnalyticDenoiser.model();
  private static final LatentShape SHAPE = new LatentShape(4, 4, 6);
  private static final AnalyticDenoiser DENOISER = new AnalyticDenoiser(DIFFUSION, 0.5);

  @ParameterizedTest
  @EnumSource
  void endsInTheSameLatentAloneAndAmongSixteenOthers(SamplerType type) {
    Trajectory alone = DIFFUSION.begin(spec(type, 12, new Guidance(3), 0));
    DENOISER.finish(new RowBatch(2, SHAPE, DIFFUSION), alone);

    List<Trajectory> all = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      SamplerType other = SamplerType.values()[i % 3];
      all.add(DIFFUSION.begin(spec(other, 5 + 3 * i, new Guidance(i % 4), i + 1)));
    }
    Trajectory among = DIFFUSION.begin(spec(type, 12, new Guidance(3), 0));
    all.add(8, among);
    DENOISER.finish(new RowBatch(64, SHAPE, DIFFUSION), all.toArray(Trajectory[]::new));

    assertThat(among.latent()).isEqualTo(alone.latent());
  }

  @ParameterizedTest
  @EnumSource
  void goesOnFromASnapshotAtAnyStepAsIfNothingHadHappened(SamplerType type) {
    RowBatch batch = new RowBatch(2, SHAPE, DIFFUSION);
    Trajectory undisturbed = DIFFUSION.begin(spec(type, 6, new Guidance(2), 3));
    List<TrajectoryState> snapshots = new ArrayList<>();
    do {
      snapshots.add(undisturbed.snapshot());
    } while (DENOISER.step(batch, undisturbed));

    assertThat(snapshots).hasSize(7);
    for (TrajectoryState snapshot : snapshots) {
      Trajectory restored = DIFFUSION.restore(snapshot);
      assertThat(restored.stepsDone()).isEqualTo(snapshot.stepsDone());
      DENOISER.finish(batch, restored);
      assertThat(restored.latent()).isEqualTo(undisturbed.latent());
    }
  }

  @ParameterizedTest
  @EnumSource
  void anOutputThatIsNotFiniteSpoilsItsOwnTrajectoryAlone(SamplerType type) {
    RowBatch batch = new RowBatch(8, SHAPE, DIFFUSION);
    Trajectory alone = DIFFUSION.begin(spec(type, 6, new Guidance(2), 3));
    DENOISER.step(batch, alone);
    for (int row = 0; row < 2; row++) {
      Trajectory good = DIFFUSION.begin(spec(type, 6, new Guidance(2), 3));
      Trajectory bad = DIFFUSION.begin(spec(type, 6, new Guidance(2), 4));
      batch.clear();
      batch.add(good);
      batch.add(bad);
      DENOISER.run(batch);
      batch.output().put((2 + row) * batch.outputSize(), Float.POSITIVE_INFINITY);
      batch.advance();

      assertThat(bad.isFinite()).isFalse();
      assertThat(DIFFUSION.restore(bad.snapshot()).isFinite()).isFalse();
      assertThat(good.isFinite()).isTrue();
      assertThat(good.latent()).isEqualTo(alone.latent());
    }
  }

  @Test
  void keepsASnapshotWhileTheTrajectoryMovesOn() {
    Trajectory trajectory = DIFFUSION.begin(spec(SamplerType.DDIM, 3, Guidance.NONE, 0));
    TrajectoryState snapshot = trajectory.snapshot();
    float[] before = snapshot.latent().clone();

    DENOISER.finish(new RowBatch(2, SHAPE, DIFFUSION), trajectory);

    assertThat(snapshot.latent()).isEqualTo(before).isNotEqualTo(trajectory.latent());
  }

  @Test
  void takesAnUnconditionalRowOnlyWhereGuidanceActs() {
    Guidance interval = new Guidance(2, Channels.ALL, 0.25, 0.75);
    Trajectory trajectory = DIFFUSION.begin(spec(SamplerType.DDIM, 5, interval, 0));
    RowBatch batch = new RowBatch(2, SHAPE, DIFFUSION);
    List<Integer> rows = new ArrayList<>();
    while (!trajectory.isDone()) {
      rows.add(trajectory.rows());
      DENOISER.step(batch, trajectory);
    }

    // Timesteps 999, 749, 500, 250, 0 of 1000.
    assertThat(rows).containsExactly(1, 2, 2, 2, 1);
    assertThat(trajectory.rows()).isZero();
    assertThat(DIFFUSION.begin(spec(SamplerType.DDIM, 5, new Guidance(1), 0)).rows()).isOne();
    assertThat(DIFFUSION.begin(spec(SamplerType.DDIM, 5, new Guidance(0), 0)).rows()).isEqualTo(2);
  }

  @Test
  void givesTheSecondRowTheNullLabelAndTheSameLatentAndTimestep() {
    Trajectory trajectory = DIFFUSION.begin(spec(SamplerType.DDPM, 4, new Guidance(2), 0));
    RowBatch batch = new RowBatch(3, SHAPE, DIFFUSION);
    batch.add(trajectory);

    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.labels().get(0)).isEqualTo(7);
    assertThat(batch.labels().get(1)).isEqualTo(AnalyticDenoiser.NULL_LABEL);
    assertThat(batch.timesteps().get(0)).isEqualTo(999).isEqualTo(batch.timesteps().get(1));
    assertThat(batch.latents().slice(0, SHAPE.size()))
        .isEqualTo(batch.latents().slice(SHAPE.size(), SHAPE.size()));
  }

  /** One DDIM step at ᾱ = a gives x_0 = (x − √(1−a) ε) / √a, so ε can be read off. */
  @ParameterizedTest
  @EnumSource
  void guidesTheChosenChannelsByTheFormula(Channels channels) {
    double scale = 4;
    Guidance guidance = new Guidance(scale, channels, 0, 1);
    Trajectory trajectory = DIFFUSION.begin(spec(SamplerType.DDIM, 1, guidance, 0));
    float[] start = trajectory.latent().clone();
    DENOISER.step(new RowBatch(2, SHAPE, DIFFUSION), trajectory);

    double a = DIFFUSION.schedule().alphaCumprod(0);
    double total = a * 0.25 + 1 - a;
    for (int e = 0; e < start.length; e++) {
      int channel = e / SHAPE.plane();
      double label = (start[e] - Math.sqrt(a) * AnalyticDenoiser.mean(7, channel));
      double epsilonLabel = label * Math.sqrt(1 - a) / total;
      double epsilonNull = start[e] * Math.sqrt(1 - a) / total;
      boolean guided = channels == Channels.ALL || channel < 3;
      double epsilon = guided ? epsilonNull + scale * (epsilonLabel - epsilonNull) : epsilonLabel;
      assertThat((double) trajectory.latent()[e])
          .isCloseTo((start[e] - Math.sqrt(1 - a) * epsilon) / Math.sqrt(a), within(1e-5));
    }
  }

  @Test
  void leavesABatchUnchangedWhereRowsDoNotFit() {
    RowBatch batch = new RowBatch(3, SHAPE, DIFFUSION);
    assertThat(batch.add(DIFFUSION.begin(spec(SamplerType.DDIM, 4, new Guidance(2), 0)))).isTrue();
    assertThat(batch.add(DIFFUSION.begin(spec(SamplerType.DDIM, 4, new Guidance(2), 1)))).isFalse();
    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.add(DIFFUSION.begin(spec(SamplerType.DDIM, 4, Guidance.NONE, 2)))).isTrue();
    assertThat(batch.members()).hasSize(2);

    batch.clear();
    assertThat(batch.rows()).isZero();
    assertThat(batch.members()).isEmpty();
  }

  @Test
  void refusesALatentOfAnotherShapeInABatch() {
    RowBatch batch = new RowBatch(4, new LatentShape(4, 8, 8), DIFFUSION);
    Trajectory other = DIFFUSION.begin(spec(SamplerType.DDIM, 4, Guidance.NONE, 0));

    assertThatThrownBy(() -> batch.add(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("height=8")
        .hasMessageContaining("found LatentShape[channels=4, height=4, width=6] after 0 of 4");
    assertThatThrownBy(() -> new RowBatch(1, SHAPE, DIFFUSION))
        .hasMessage("Expected a batch of 2 rows or more (a guided image takes two), found 1");
  }

  @Test
  void anUnconditionalImageIsNeverGuided() {
    TrajectorySpec spec = spec(SamplerType.DDIM, 4, new Guidance(3), 0);
    Trajectory labelled = DIFFUSION.begin(spec);
    Trajectory unconditional = DIFFUSION.begin(withLabel(spec, AnalyticDenoiser.NULL_LABEL));
    Diffusion withoutClasses = new Diffusion(DIFFUSION.schedule(), 4, true, 0, null);

    assertThat(labelled.guidanceScale()).isEqualTo(3);
    assertThat(unconditional.rows()).isOne();
    assertThat(unconditional.guidanceScale()).isOne();
    assertThat(withoutClasses.begin(withLabel(spec, null)).rows()).isOne();
  }

  @Test
  void anIntervalWithoutAnyOfTheStepsGuidesNothing() {
    Guidance missed = new Guidance(2, Channels.ALL, 0.3, 0.4);
    Guidance hit = new Guidance(2, Channels.ALL, 0.2, 0.3);

    // Timesteps 999, 749, 500, 250, 0 of 1000.
    assertThat(DIFFUSION.begin(spec(SamplerType.DDIM, 5, missed, 0)).guidanceScale()).isOne();
    assertThat(DIFFUSION.begin(spec(SamplerType.DDIM, 5, hit, 0)).guidanceScale()).isEqualTo(2);
  }

  @Test
  void refusesGuidanceThatIsNoNumberOrNegative() {
    for (double scale : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Guidance(scale))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Expected a guidance scale of 0 or more, found " + scale);
    }
    for (double to : new double[] {-0.5, 0.1, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> new Guidance(2, Channels.ALL, 0.2, to))
          .hasMessage("Expected a guidance interval 0 <= from <= to <= 1, found from 0.2 to " + to);
    }
  }

  @Test
  void refusesAStateThatNoTrajectoryCanHave() {
    TrajectorySpec spec = spec(SamplerType.DPM_SOLVER_PP_2M, 4, Guidance.NONE, 0);
    float[] latent = new float[SHAPE.size()];
    assertThatThrownBy(() -> new TrajectoryState(spec, 5, latent, null))
        .hasMessage("Expected 0 to 4 steps done, found 5");
    assertThatThrownBy(() -> new TrajectoryState(spec, 0, new float[3], null))
        .hasMessageContaining("Expected a latent of 96 numbers")
        .hasMessageContaining("found 3");
    assertThatThrownBy(() -> new TrajectoryState(spec, 1, latent, null))
        .hasMessage("Expected a history of dpm++ after 1 steps, found none");
  }

  @Test
  void refusesAnEtaOfAnotherSampler() {
    assertThatThrownBy(
            () ->
                new TrajectorySpec(
                    0,
                    0,
                    1,
                    SHAPE,
                    SamplerType.DDPM,
                    4,
                    TimestepSpacing.UNIFORM,
                    0.5,
                    Guidance.NONE))
        .hasMessage("Only ddim has an eta, found eta 0.5 with ddpm");
  }

  private static TrajectorySpec withLabel(TrajectorySpec spec, Integer label) {
    return new TrajectorySpec(
        spec.seed(),
        spec.index(),
        label,
        spec.shape(),
        spec.sampler(),
        spec.steps(),
        spec.spacing(),
        spec.eta(),
        spec.guidance());
  }

  private static TrajectorySpec spec(SamplerType type, int steps, Guidance guidance, int index) {
    double eta = type == SamplerType.DDIM && index > 0 ? 0.5 : 0;
    return new TrajectorySpec(
        99, index, 7, SHAPE, type, steps, TimestepSpacing.UNIFORM, eta, guidance);
  }
}
