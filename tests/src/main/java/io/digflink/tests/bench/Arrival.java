package io.digflink.tests.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A request of one image.
 *
 * @param seconds when it comes
 * @param spec what it asks for
 */
record Arrival(double seconds, TrajectorySpec spec) {
  private static final int[] STEPS = {10, 25, 50, 100};

  /**
   * A stream of Poisson arrivals with mixed steps, guidance on or off; the same each time.
   *
   * @param rate requests a second; infinity: all come at once
   */
  static List<Arrival> stream(ModelBundle bundle, int count, double rate) {
    Random random = new Random(1);
    boolean classes = bundle.manifest().classes() != null;
    boolean guidable = classes && bundle.manifest().classes().nullClass() != null;
    List<Arrival> arrivals = new ArrayList<>();
    double seconds = 0;
    for (int i = 0; i < count; i++) {
      int steps = STEPS[random.nextInt(STEPS.length)];
      boolean guided = random.nextBoolean() && guidable;
      seconds += -Math.log(1 - random.nextDouble()) / rate;
      arrivals.add(
          new Arrival(
              seconds,
              new TrajectorySpec(
                  1,
                  i,
                  classes ? random.nextInt(bundle.manifest().classes().count()) : null,
                  bundle.latentShape(),
                  SamplerType.DDIM,
                  steps,
                  TimestepSpacing.UNIFORM,
                  0,
                  guided ? new Guidance(1.5) : Guidance.NONE)));
    }
    return arrivals;
  }
}
