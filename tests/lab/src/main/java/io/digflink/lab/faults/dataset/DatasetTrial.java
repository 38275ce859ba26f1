package io.digflink.lab.faults.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.file.PathUtils;

/** Data sets of one format: an undisturbed one, by which those that something befell are judged. */
final class DatasetTrial {
  private static final int IMAGES = 80;

  private final Path directory;
  private final SynthesizeRun.Command command;
  private final Score score;
  private final Random random;
  private final Dataset undisturbed;
  private final long undisturbedMillis;
  private int directories;

  private DatasetTrial(Path directory, Path models, String format, Score score)
      throws IOException, InterruptedException {
    this.directory = directory;
    this.score = score;
    this.random = new Random(format.hashCode());
    this.command = new SynthesizeRun.Command(directory, models, specification(directory, format));
    Path out = newDirectory();
    try (SynthesizeRun run = command.start(out)) {
      run.awaitMoreThan(0);
      long begun = System.nanoTime();
      run.expect(0);
      undisturbedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }
    undisturbed = Dataset.read(out, IMAGES);
  }

  /**
   * Makes the undisturbed one.
   *
   * @param directory new; takes everything that is written
   */
  static DatasetTrial begin(Path directory, Path models, String format, Score score)
      throws IOException, InterruptedException {
    return new DatasetTrial(Files.createDirectories(directory), models, format, score);
  }

  private static Path specification(Path directory, String format) throws IOException {
    return Files.writeString(
        directory.resolve("spec.yaml"),
        """
        model: fashion-dig
        images: %d
        seed: 30
        samplers: [{name: ddim, steps: 4}, {name: dpm++, steps: 3}, {name: ddpm, steps: 4}]
        output: {format: %s, shard_size: 8, latents: true}
        """
            .formatted(IMAGES, format));
  }

  /** A directory for a data set. */
  Path newDirectory() {
    return directory.resolve("out-" + directories++);
  }

  /** Makes a data set, or what is missing of it. */
  SynthesizeRun start(Path out) throws IOException {
    return command.start(out);
  }

  /** What comes of the faults. */
  Score score() {
    return score;
  }

  /** Waits for a random moment of the work on a data set, or the end of the process. */
  void awaitRandomMoment(SynthesizeRun run) throws InterruptedException {
    long end =
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextLong(undisturbedMillis));
    while (run.isAlive() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  /** Judges a complete data set and deletes it. */
  void judge(Path out) throws IOException {
    score.judged(undisturbed.judge(Dataset.read(out, IMAGES)));
    PathUtils.deleteDirectory(out);
  }
}
