package io.digflink.jobs.admit;

import io.digflink.schemas.codec.RegisteredSchema;
import io.digflink.schemas.registry.RegistryException;
import io.digflink.schemas.registry.SchemaRegistry;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the schema registry beside the task's thread, and again until it answers. One question at a
 * time; all methods are called on the task's thread, as is the listener.
 */
final class RegistryQuestions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryQuestions.class);
  private static final long PAUSE_MILLIS = 1_000;
  private static final int LOG_EVERY = 30;

  private final SchemaRegistry registry;
  private final MailboxExecutor mailbox;
  private final Listener listener;
  private final ExecutorService thread;
  private boolean isAsking;

  /** Takes the answers. */
  interface Listener {
    /** The registry has this schema under the id, or none. */
    void answered(int id, Optional<RegisteredSchema> schema) throws Exception;
  }

  RegistryQuestions(SchemaRegistry registry, MailboxExecutor mailbox, Listener listener) {
    this.registry = registry;
    this.mailbox = mailbox;
    this.listener = listener;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread asking = new Thread(task, "schema registry");
              asking.setDaemon(true);
              return asking;
            });
  }

  /** Asks for a schema, unless a question is open. */
  void ask(int id) {
    if (!isAsking) {
      isAsking = true;
      thread.execute(() -> askUntilAnswered(id));
    }
  }

  private void askUntilAnswered(int id) {
    for (int tries = 0; ; tries++) {
      try {
        Optional<RegisteredSchema> schema = registry.find(id);
        if (tries > 0) {
          LOG.info("The schema registry at {} answers again", registry);
        }
        mailbox.execute(
            () -> {
              isAsking = false;
              listener.answered(id, schema);
            },
            "Answer of the schema registry");
        return;
      } catch (RegistryException e) {
        if (tries % LOG_EVERY == 0) {
          LOG.warn(
              "Requests wait for schema {}; asking again every {} ms. {}",
              id,
              PAUSE_MILLIS,
              e.getMessage());
        }
      } catch (InterruptedException e) {
        return; // the task is closing
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
