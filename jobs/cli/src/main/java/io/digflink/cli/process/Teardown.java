package io.digflink.cli.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What writes temporary files in this process, closed in reverse order when the process ends early,
 * by Ctrl-C for instance; then the files are removed.
 */
public final class Teardown {
  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
  private static final long PATIENCE_SECONDS = 10;
  private static final int DELETIONS = 20;
  private static final long BETWEEN_DELETIONS_MILLIS = 50;

  private static volatile boolean begun;

  private Teardown() {}

  /**
   * Arranges for the end of the process.
   *
   * @param temporary the directory to remove
   */
  static void atTheEnd(Optional<Path> temporary) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(temporary), "dig-teardown"));
  }

  /** Whether the process is ending: what fails now need not be reported. */
  public static boolean hasBegun() {
    return begun;
  }

  /** Adds what must be closed if the process ends early. */
  public static synchronized void add(AutoCloseable resource) {
    OPEN.push(resource);
  }

  /** Removes what has been closed. */
  public static synchronized void remove(AutoCloseable resource) {
    OPEN.remove(resource);
  }

  private static void end(Optional<Path> temporary) {
    begun = true;
    Thread closing = new Thread(Teardown::closeAll, "dig-closing");
    closing.setDaemon(true);
    closing.start();
    try {
      closing.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      if (temporary.isPresent()) {
        delete(temporary.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Threads of what did not close in time may still write. */
  private static void delete(Path directory) throws InterruptedException {
    for (int i = 0; i < DELETIONS && Files.exists(directory); i++) {
      if (!FileUtils.deleteQuietly(directory.toFile())) {
        TimeUnit.MILLISECONDS.sleep(BETWEEN_DELETIONS_MILLIS);
      }
    }
  }

  private static void closeAll() {
    Logger log = LoggerFactory.getLogger(Teardown.class);
    for (AutoCloseable resource : open()) {
      try {
        resource.close();
      } catch (Exception e) {
        log.info("While closing {}", resource, e);
      }
    }
  }

  private static synchronized List<AutoCloseable> open() {
    return new ArrayList<>(OPEN);
  }
}
