package io.digflink.lab.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Faults that are done to the same things. */
public interface FaultGroup {
  /** Names of its faults, by which they are chosen. */
  List<String> names();

  /** Does the chosen ones. */
  void run(Set<String> chosen, Stage stage) throws Exception;

  /**
   * Where faults are done, and who hears of them.
   *
   * @param bundles directory of the bundles
   * @param directory takes everything that is written
   * @param figures takes what came of each
   * @param says takes what users should know
   */
  record Stage(
      Path bundles, Path directory, Consumer<FaultFigures> figures, Consumer<String> says) {}
}
