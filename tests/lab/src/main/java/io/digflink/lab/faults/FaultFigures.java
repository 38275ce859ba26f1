package io.digflink.lab.faults;

import java.util.List;

/**
 * Figures of a run.
 *
 * @param fault what was done
 * @param times how often
 * @param fewestInFlight images in flight when it was done, the least of all times; {@link #UNKNOWN}
 *     where no cluster is at work
 * @param verdict what the judge found
 * @param recoverySeconds from each fault to a checkpoint begun after it
 * @param stepsNeeded denoising steps of all images
 * @param stepsRedone steps done once more after a restart: the rate before each fault times the age
 *     of the checkpoint that the job went back to
 * @param failedRuns runs of the last attempt that failed
 * @param outOfMemory runs of the last attempt that the device had no memory for
 * @param rewritten results that were written again, since brokers had aborted their transaction
 * @param survivable whether nothing may be lost
 */
public record FaultFigures(
    String fault,
    int times,
    int fewestInFlight,
    Verdict verdict,
    List<Double> recoverySeconds,
    long stepsNeeded,
    long stepsRedone,
    long failedRuns,
    long outOfMemory,
    long rewritten,
    boolean survivable) {

  /** Stands for images in flight where nobody counts them. */
  public static final int UNKNOWN = -1;

  /** Figures of files, which know nothing of steps and runs. */
  public static FaultFigures ofFiles(
      String fault, int times, Verdict verdict, List<Double> recoverySeconds) {
    return new FaultFigures(fault, times, UNKNOWN, verdict, recoverySeconds, 0, 0, 0, 0, 0, true);
  }

  /** Whether it is as it must be: where something must be lost, that and nothing else. */
  public boolean isGood() {
    return survivable ? verdict.isGood() : verdict.lost() > 0 && verdict.withLost(0).isGood();
  }

  /** The middle of the seconds to recover, NaN where nothing was done. */
  public double recoveryMedian() {
    return recoverySeconds.isEmpty()
        ? Double.NaN
        : recoverySeconds.stream().sorted().toList().get(recoverySeconds.size() / 2);
  }

  /** The longest of the seconds to recover, NaN where nothing was done. */
  public double recoveryMax() {
    return recoverySeconds.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }
}
