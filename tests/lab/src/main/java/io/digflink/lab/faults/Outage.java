package io.digflink.lab.faults;

import io.digflink.lab.cluster.FlinkProcesses;
import io.digflink.lab.cluster.JvmProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;

/**
 * All TaskManagers are killed at the moment when a checkpoint is complete and its transactions are
 * not committed, and come back when brokers have aborted those.
 */
final class Outage implements Fault {
  /** What the job must be started with, lest this takes a quarter of an hour. */
  static final List<String> OPTIONS = List.of("--kafka.transaction-timeout=10 s");

  private static final Duration LONGEST_CHECKPOINT = Duration.ofSeconds(60);
  private static final Duration LONGEST_TRANSACTION = Duration.ofSeconds(60);
  private static final String METADATA = "_metadata";

  @Override
  public long strike(FaultRun run) throws Exception {
    awaitNewCheckpoint(run.stack().disk().path());
    FlinkProcesses flink = run.stack().flink();
    List<JvmProcess> victims =
        flink.taskManagers().values().stream().filter(JvmProcess::isAlive).toList();
    victims.parallelStream().forEach(JvmProcess::kill);
    awaitTransactionsEnd(run);
    long now = System.currentTimeMillis();
    for (int i = 0; i < victims.size(); i++) {
      flink.startTaskManager();
    }
    return now;
  }

  @Override
  public void tidyUp(FaultRun run) throws Exception {
    run.stack().awaitSlots();
  }

  /** Looks without a pause: the transactions are committed milliseconds later. */
  private static void awaitNewCheckpoint(Path checkpoints) throws IOException {
    Set<Path> before = new HashSet<>(complete(checkpoints));
    long deadline = System.nanoTime() + LONGEST_CHECKPOINT.toNanos();
    while (before.containsAll(complete(checkpoints))) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "Expected a checkpoint in " + checkpoints + " within " + LONGEST_CHECKPOINT);
      }
      Thread.onSpinWait();
    }
  }

  /** The metadata of all checkpoints: {@code JOB/chk-NUMBER/_metadata}. */
  private static Collection<Path> complete(Path checkpoints) throws IOException {
    try (Stream<Path> files = Files.find(checkpoints, 3, (path, what) -> path.endsWith(METADATA))) {
      return files.toList();
    } catch (UncheckedIOException e) {
      return List.of(); // an old checkpoint went while it was looked at
    }
  }

  private static void awaitTransactionsEnd(FaultRun run) throws Exception {
    try (Admin admin = Admin.create(run.stack().kafka().client())) {
      Wait.until(
          "the brokers to abort the transactions",
          LONGEST_TRANSACTION,
          () ->
              admin.listTransactions().all().get().stream()
                  .map(TransactionListing::state)
                  .noneMatch(TransactionState.ONGOING::equals));
    }
  }
}
