package io.digflink.synthesis;

import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.spec.OutputFormat;
import java.io.IOException;
import java.io.PrintStream;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Reports as early as possible that a data set does not fit on its disk. */
final class DiskSpace {
  /** Images whose mean size stands for that of all. */
  private static final long ENOUGH_IMAGES = 64;

  private static final int RGB = 3;

  private final Supplier<OptionalLong> usableBytes;
  private final DatasetSettings settings;
  private final PrintStream out;
  private boolean warned;

  /**
   * @param usableBytes bytes that can still be written, where that is known
   * @param out where it is reported that they are not
   */
  DiskSpace(Supplier<OptionalLong> usableBytes, DatasetSettings settings, PrintStream out) {
    this.usableBytes = usableBytes;
    this.settings = settings;
    this.out = out;
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
   * Checks the rest, estimated by the images made so far.
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
        String.format("the rest, at %,d bytes per image,", each));
  }

  private void require(long needed, String what) throws IOException {
    OptionalLong usable = usableBytes.get();
    if (usable.isEmpty()) {
      warn();
    } else if (needed > usable.getAsLong()) {
      throw new IOException(
          String.format(
              "Expected room for the data set, found %,d bytes free where %s need %,d: make room"
                  + " or give a directory on another disk, then start the same command again",
              usable.getAsLong(), what, needed));
    }
  }

  private void warn() {
    if (!warned) {
      out.println(
          "Warning: the file system does not report its free space. Whether the data set fits will"
              + " show while it is written.");
      warned = true;
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
