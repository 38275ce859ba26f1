package io.digflink.cli.process;

import java.nio.file.Path;

/** What happens in a process of {@code dig} before its command. */
public final class DigProcess {
  private DigProcess() {}

  /** Arranges for temporary files, the log file and the end of the process. */
  public static void begin() {
    Path directory = ProcessDirectory.claim();
    LogFile.open(directory.getParent());
    Teardown.at(directory);
  }
}
