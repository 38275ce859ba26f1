package io.digflink.lab.faults;

import io.digflink.lab.cluster.JvmProcess;
import java.time.Duration;

/** No room for the broker's log until the broker gives up; then there is, and it starts again. */
final class FullBrokerDisk implements Fault {
  private static final Duration LONGEST = Duration.ofSeconds(180);

  @Override
  public long strike(FaultRun run) throws Exception {
    JvmProcess broker = run.stack().kafka().process();
    Filler filler = new Filler(run.stack().kafkaDirectory());
    try {
      Wait.until(
          "the end of a broker whose disk is full",
          LONGEST,
          () -> {
            filler.fill();
            return !broker.isAlive();
          });
    } finally {
      filler.free();
    }
    broker.start();
    return System.currentTimeMillis();
  }
}
