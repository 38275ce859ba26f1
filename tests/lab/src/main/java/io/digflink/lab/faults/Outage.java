package io.digflink.lab.faults;

import io.digflink.lab.cluster.FlinkProcesses;
import io.digflink.lab.cluster.JvmProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  @Override
  public long strike(FaultRun run) throws Exception {
    FlinkProcesses flink = run.stack().flink();
    List<JvmProcess> victims =
        flink.taskManagers().values().stream().filter(JvmProcess::isAlive).toList();
    awaitNextCheckpoint(run.stack().disk().path().resolve(run.job().id()));
    JvmProcess.killAll(victims);
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
  private static void awaitNextCheckpoint(Path ofJob) throws IOException {
    long deadline = System.nanoTime() + LONGEST_CHECKPOINT.toNanos();
    while (System.nanoTime() < deadline) {
      File metadata = ofJob.resolve("chk-" + (latest(ofJob) + 1)).resolve("_metadata").toFile();
      // The one after may be the next, if this one fails.
      long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (System.nanoTime() < patience) {
        if (metadata.exists()) {
          return;
        }
      }
    }
    throw new IllegalStateException(
        "Expected a checkpoint in " + ofJob + " within " + LONGEST_CHECKPOINT);
  }

  /** The number of the latest checkpoint, 0 if there is none. */
  private static long latest(Path ofJob) throws IOException {
    try (Stream<Path> entries = Files.list(ofJob)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.startsWith("chk-"))
          .mapToLong(name -> Long.parseLong(name.substring("chk-".length())))
          .max()
          .orElse(0);
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
