package io.digflink.synthesis;

import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.OutputDirectory;
import java.io.IOException;

/** Tells as early as can be known that a data set does not fit on its disk. */
final class DiskSpace {
  /** Images whose mean size stands for that of all. */
  private static final long ENOUGH_IMAGES = 64;

  private static final int RGB = 3;

  private final OutputDirectory directory;
  private final DatasetSettings settings;

  DiskSpace(OutputDirectory directory, DatasetSettings settings) {
    this.directory = directory;
    this.settings = settings;
  }

  /**
   * Checks what is known before the first image: the pixels of an npz and the latents.
   *
   * @param missing images still to make
   * @throws IOException if they do not fit
   */
  void checkBefore(long missing) throws IOException {
    long fixed = pixelBytes() + missing * latentBytes();
    require(fixed, "pixels and latents alone");
  }

  /**
   * Checks what the images made so far let expect.
   *
   * @throws IOException if the rest does not fit
   */
  void checkWhile(Progress progress) throws IOException {
    if (progress.madeNow() < ENOUGH_IMAGES) {
      return;
    }
    long each = progress.bytesNow() / progress.madeNow() + latentBytes();
    require(
        pixelBytes() + progress.missing() * each,
        String.format("the rest, at %,d bytes an image,", each));
  }

  private void require(long needed, String what) throws IOException {
    long usable = directory.usableBytes();
    if (needed > usable) {
      throw new IOException(
          String.format(
              "Expected room for the data set, found %,d bytes free where %s need %,d: make room"
                  + " or give a directory on another disk, then start the same command again",
              usable, what, needed));
    }
  }

  private long pixelBytes() {
    return settings.format() == OutputFormat.NPZ
        ? settings.layout().images() * settings.info().width() * settings.info().height() * RGB
        : 0;
  }

  private long latentBytes() {
    return settings.info().latents() ? settings.info().latentNumbers() * Float.BYTES : 0;
  }
}
