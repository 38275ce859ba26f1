package io.digflink.lab.bench.quality;

import java.util.Locale;

/**
 * What a setting gives for its rows.
 *
 * @param family all of the setting but the number of steps
 * @param rowsPerImage mean rows of the denoiser that an image takes
 * @param frechet Fréchet distance to the real test images in the judge's features
 * @param accuracy part of the images that the judge takes for the class asked for
 * @param psnr dB to the reference of the same noise; NaN where no reference was made
 * @param imagesPerSecond of the denoiser alone
 */
record Quality(
    String family,
    int steps,
    double rowsPerImage,
    double frechet,
    double accuracy,
    double psnr,
    double imagesPerSecond) {
  static final String HEADER =
      "| setting | steps | rows per image | Fréchet distance | judge accuracy | PSNR, dB | images/s |";

  /** As a row of the table. */
  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %.1f | %.3f | %.2f %% | %s | %.1f |",
        family,
        steps,
        rowsPerImage,
        frechet,
        100 * accuracy,
        Double.isNaN(psnr) ? "" : String.format(Locale.ROOT, "%.2f", psnr),
        imagesPerSecond);
  }
}
