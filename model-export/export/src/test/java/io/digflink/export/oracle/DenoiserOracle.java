package io.digflink.export.oracle;

/** A denoiser, evaluated naively. */
public interface DenoiserOracle {
  /**
   * One sample.
   *
   * @param latent [C, H, W]
   * @param label row of the label embedding; ignored by an unconditional model
   * @return [C or 2·C, H, W], or with H and W exchanged if an odd number of transposes remains
   */
  double[][][] forward(double[][][] latent, double timestep, int label);
}
