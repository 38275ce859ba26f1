package io.digflink.lab.faults.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.file.PathUtils;

/** What befalls a data set while it is made. */
enum DatasetFault {
  /** kill -9 at random moments, until the directory is complete. */
  KILL("kill -9 of dig synthesize at a random moment") {
    @Override
    void makeDespite(DatasetTrial trial, int most, Path out) throws Exception {
      long killed = 0;
      while (true) {
        long before = SynthesizeRun.size(out);
        try (SynthesizeRun run = trial.start(out)) {
          run.awaitMoreThan(before);
          if (killed > 0) {
            trial.score().recovered(killed);
          }
          boolean enough = trial.score().faults() >= most;
          if (!enough) {
            trial.awaitRandomMoment(run);
          }
          if (enough || !run.isAlive()) {
            run.expect(0);
            return;
          }
          killed = System.currentTimeMillis();
          run.kill();
        }
      }
    }
  },

  /** A second run on the same directory, which is refused and does not harm the first. */
  SECOND_RUN("two runs of dig synthesize on one --out") {
    @Override
    void makeDespite(DatasetTrial trial, int most, Path out) throws Exception {
      try (SynthesizeRun first = trial.start(out)) {
        first.awaitMoreThan(0);
        try (SynthesizeRun second = trial.start(out)) {
          require("another process is making a data set there", second.expect(1));
        }
        trial.score().refused();
        first.expect(0);
      }
    }
  },

  /** No room on the disk from a random moment on, until the process has given up. */
  DISK_FULL("a full disk under dig synthesize") {
    @Override
    void makeDespite(DatasetTrial trial, int most, Path out) throws Exception {
      try (LoopDisk disk = LoopDisk.mount(beside(out))) {
        Path dataset = disk.path().resolve("dataset");
        try (SynthesizeRun run = trial.start(dataset)) {
          run.awaitMoreThan(0);
          trial.awaitRandomMoment(run);
          while (run.isAlive()) {
            disk.filler().fill(); // what becomes free is taken too
          }
          complete(trial, run, dataset, disk.filler()::free);
        }
        PathUtils.copyDirectory(dataset, out);
      }
    }
  },

  /** The kernel mounts the disk read-only from a random moment on, as after an error. */
  READ_ONLY("a disk that turns read-only under dig synthesize") {
    @Override
    void makeDespite(DatasetTrial trial, int most, Path out) throws Exception {
      try (LoopDisk disk = LoopDisk.mount(beside(out))) {
        Path dataset = disk.path().resolve("dataset");
        try (SynthesizeRun run = trial.start(dataset)) {
          run.awaitMoreThan(0);
          trial.awaitRandomMoment(run);
          disk.turnReadOnly();
          complete(trial, run, dataset, disk::repair);
        }
        PathUtils.copyDirectory(dataset, out);
      }
    }
  };

  private final String description;

  DatasetFault(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }

  /** Whether it needs a disk of its own. */
  boolean isOfDisks() {
    return this == DISK_FULL || this == READ_ONLY;
  }

  /**
   * Makes a data set.
   *
   * @param most faults in all data sets of the trial
   * @param out the directory, which is complete afterwards
   */
  abstract void makeDespite(DatasetTrial trial, int most, Path out) throws Exception;

  /** What is done about a disk. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException, InterruptedException;
  }

  /** The run must end with a sentence that helps; the same command makes what is missing. */
  private static void complete(DatasetTrial trial, SynthesizeRun run, Path dataset, Action mend)
      throws Exception {
    if (run.awaitEnd() == 0) {
      mend.run();
      return; // it was done before: no fault
    }
    require("start the same command again", run.expect(1));
    mend.run();
    long mended = System.currentTimeMillis();
    long before = SynthesizeRun.size(dataset);
    try (SynthesizeRun again = trial.start(dataset)) {
      again.awaitMoreThan(before);
      trial.score().recovered(mended);
      again.expect(0);
    }
  }

  private static Path beside(Path out) throws IOException {
    return Files.createDirectories(out.resolveSibling(out.getFileName() + "-disk"));
  }

  private static void require(String sentence, String output) {
    if (!output.contains(sentence)) {
      throw new IllegalStateException(
          "Expected dig synthesize to say \"" + sentence + "\", found\n" + output);
    }
  }
}
