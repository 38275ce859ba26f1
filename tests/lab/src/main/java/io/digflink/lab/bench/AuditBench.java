package io.digflink.lab.bench;

import io.digflink.cli.PositiveNumber;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.lab.cluster.JvmProcess;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench audit}: {@code dig audit} of many records, in a process with little memory. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the topics of a long run, and audits them in a process with a small heap.",
      "Of every 100,000 requests one has lost its image, and one has got it twice."
    })
final class AuditBench implements Callable<Integer> {
  private static final int PARTITIONS = 4;

  @Spec private CommandSpec spec;

  @Option(
      names = "--requests",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Requests, with four records each (default: ${DEFAULT-VALUE}).")
  private int requests = 2_500_000;

  @Option(
      names = "--heap",
      converter = PositiveNumber.class,
      paramLabel = "MIB",
      description = "Heap of the process that audits (default: ${DEFAULT-VALUE}).")
  private int heap = 256;

  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param records on the four topics
   * @param seconds from the start of the process to its end
   * @param mostResidentMib the process's resident memory, at most
   * @param status the audit's exit code: 1, since something is lost
   */
  record Figures(long records, double seconds, double mostResidentMib, int status) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = Files.createTempDirectory("dig-audit-bench");
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"))) {
      kafka.createTopics(AnsweredRequests.TOPICS, PARTITIONS);
      long start = System.nanoTime();
      long records = AnsweredRequests.write(kafka.bootstrapServers(), requests);
      out.printf(Locale.ROOT, "%,d records written in %.0f s%n", records, secondsSince(start));
      out.flush();
      Path log = directory.resolve("audit.log");
      Figures figures = audit(kafka.bootstrapServers(), log, records);
      out.print(Files.readString(log));
      out.printf(
          Locale.ROOT,
          "%,d records in %.0f s (%,.0f a second), heap %d MiB, resident at most %.0f MiB%n",
          records,
          figures.seconds(),
          records / figures.seconds(),
          heap,
          figures.mostResidentMib());
      out.flush();
      json.write(figures);
      return 0;
    } finally {
      PathUtils.deleteDirectory(directory);
    }
  }

  private Figures audit(String bootstrapServers, Path log, long records) throws Exception {
    long start = System.nanoTime();
    double resident = 0;
    try (JvmProcess process =
        new JvmProcess(
            log,
            List.of(
                "-Xmx" + heap + "m",
                "-Dlog4j2.configurationFile=dig-log4j2.properties",
                "-cp",
                System.getProperty("java.class.path"),
                "io.digflink.cli.Dig",
                "audit",
                "--bootstrap-servers",
                bootstrapServers))) {
      process.start();
      while (process.isAlive()) {
        resident = Math.max(resident, process.residentBytes() / (double) (1 << 20));
        TimeUnit.SECONDS.sleep(1);
      }
      return new Figures(records, secondsSince(start), resident, process.exitCode());
    }
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
