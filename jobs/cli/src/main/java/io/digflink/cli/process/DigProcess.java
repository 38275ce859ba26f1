package io.digflink.cli.process;

import java.nio.file.Path;
import java.util.Optional;

/** What happens in a process of {@code dig} before its command. */
public final class DigProcess {
  private DigProcess() {}

  /** Arranges for temporary files, the log file and the end of the process. */
  public static void begin() {
    Optional<Path> directory = ProcessDirectory.find();
    LogFile.open(directory.map(Path::getParent).orElseGet(ProcessDirectory::temporary));
    Teardown.atTheEnd(directory);
  }
}
