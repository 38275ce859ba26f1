package io.digflink.runtime.sampling;

import java.nio.FloatBuffer;

/**
 * The best possible denoiser of a data set whose numbers are normal with a mean that depends on the
 * label and channel: E[ε | x_t] is known in closed form. Each row is computed by itself.
 *
 * @param deviation standard deviation of the data
 */
record AnalyticDenoiser(Diffusion diffusion, double deviation) {
  static final int NULL_LABEL = 10;

  /** A model of 10 classes, four channels and learned variance. */
  static Diffusion model() {
    return new Diffusion(NoiseSchedule.linear(1000, 0.0001, 0.02), 4, true, 10, NULL_LABEL);
  }

  static double mean(long label, int channel) {
    return label == NULL_LABEL ? 0 : 0.1 * label - 0.2 * channel;
  }

  /** Writes the output of a batch. */
  void run(RowBatch batch) {
    FloatBuffer latents = batch.latents();
    FloatBuffer output = batch.output();
    int size = batch.shape().size();
    for (int row = 0; row < batch.rows(); row++) {
      int timestep = (int) batch.timesteps().get(row);
      double alpha = Math.sqrt(diffusion.schedule().alphaCumprod(timestep));
      double variance = 1 - alpha * alpha;
      double total = alpha * alpha * deviation * deviation + variance;
      for (int e = 0; e < size; e++) {
        double mean = mean(batch.labels().get(row), e / batch.shape().plane());
        double x = latents.get(row * size + e);
        double epsilon = (x - alpha * mean) * Math.sqrt(variance) / total;
        output.put(row * batch.outputSize() + e, (float) epsilon);
        output.put(row * batch.outputSize() + size + e, (float) Math.sin(x));
      }
    }
  }

  /** Takes all the steps of some trajectories, in batches of all that are not done. */
  void finish(RowBatch batch, Trajectory... trajectories) {
    boolean more = true;
    while (more) {
      more = step(batch, trajectories);
    }
  }

  /** Takes one step of all trajectories that are not done; false if there was none. */
  boolean step(RowBatch batch, Trajectory... trajectories) {
    batch.clear();
    for (Trajectory trajectory : trajectories) {
      if (!trajectory.isDone() && !batch.add(trajectory)) {
        throw new IllegalStateException("The batch is too small for the test");
      }
    }
    if (batch.rows() == 0) {
      return false;
    }
    run(batch);
    batch.advance();
    return true;
  }
}
