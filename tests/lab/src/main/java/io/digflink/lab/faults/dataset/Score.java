package io.digflink.lab.faults.dataset;

import io.digflink.lab.faults.FaultFigures;
import io.digflink.lab.faults.Verdict;
import java.util.ArrayList;
import java.util.List;

/** What came of one fault, in data sets of any format. */
final class Score {
  private final List<Double> recoverySeconds = new ArrayList<>();
  private Verdict verdict = new Verdict(0, 0, 0, 0, 0, 0, 0);
  private int faults;

  /** A fault, since which it took until now that more was made. */
  void recovered(long sinceMillis) {
    faults++;
    recoverySeconds.add((System.currentTimeMillis() - sinceMillis) / 1e3);
  }

  /** A fault that nothing had to recover from. */
  void refused() {
    faults++;
  }

  void judged(Verdict ofDirectory) {
    verdict = verdict.plus(ofDirectory);
  }

  int faults() {
    return faults;
  }

  FaultFigures figures(String fault) {
    return FaultFigures.ofFiles(fault, faults, verdict, recoverySeconds);
  }
}
