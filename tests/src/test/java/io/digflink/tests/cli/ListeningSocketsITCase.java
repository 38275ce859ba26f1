package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.cli.Dig;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No command with servers in its process listens where another machine could reach it. */
class ListeningSocketsITCase {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final String LISTEN = "0A";

  /** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, as the kernel writes them. */
  private static final String LOOPBACK =
      "......7F|00000000000000000000000001000000|0000000000000000FFFF0000......7F";

  @TempDir private static Path directory;
  private static Path models;

  @BeforeAll
  static void export() throws Exception {
    assumeTrue(Files.isDirectory(DESCRIPTORS), "This system has no /proc to list sockets with");
    models = directory.resolve("models");
    TestModels.exportPlain(models);
  }

  @Test
  void demo() throws Exception {
    assertListensOnLoopbackOnly(
        "demo", "--images=2", "--models=" + models, "--out=" + directory.resolve("demo"));
  }

  @Test
  void generate() throws Exception {
    assertListensOnLoopbackOnly(
        "generate", "--steps=2", "--models=" + models, "--out=" + directory.resolve("generated"));
  }

  @Test
  void generateJob() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"))) {
      kafka.createTopics(List.of("dig.requests", "dig.images", "dig.progress", "dig.rejected"), 1);
      Properties client = new Properties();
      client.setProperty("bootstrap.servers", kafka.bootstrapServers());
      try (RequestSender sender = new RequestSender(client, "dig.requests")) {
        sender.send(Requests.of("one").build());
      }
      assertListensOnLoopbackOnly(
          "generate-job",
          "--kafka.bootstrap-servers=" + kafka.bootstrapServers(),
          "--topics.requests.bounded=true",
          "--models.directory=" + models);
    }
  }

  @Test
  void synthesize() throws Exception {
    Path spec =
        Files.writeString(
            directory.resolve("spec.yaml"),
            """
            model: plain
            images: 2
            samplers: [{name: ddim, steps: 2}]
            output: {format: webdataset}
            """);
    assertListensOnLoopbackOnly(
        "synthesize",
        "--spec=" + spec,
        "--models=" + models,
        "--out=" + directory.resolve("dataset"));
  }

  private static void assertListensOnLoopbackOnly(String... command) throws Exception {
    Set<String> before = listening();
    Set<String> seen = new TreeSet<>();
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said);
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(
            () -> Dig.commandLine().setOut(writer).setErr(writer).execute(command));
    while (!run.isDone()) {
      seen.addAll(listening());
      TimeUnit.MILLISECONDS.sleep(20);
    }
    seen.removeAll(before);

    assertThat(run.get()).describedAs(said.toString()).isZero();
    assertThat(seen).describedAs("ports of the cluster").hasSizeGreaterThanOrEqualTo(2);
    assertThat(seen).allMatch(address -> address.split(":")[0].matches(LOOPBACK));
  }

  /** Addresses and ports in hexadecimal that this process listens on. */
  private static Set<String> listening() throws IOException {
    Set<String> own = new TreeSet<>();
    try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
      for (Path descriptor : descriptors.toList()) {
        try {
          own.add(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException e) {
          // closed meanwhile
        }
      }
    }
    Set<String> listening = new TreeSet<>();
    for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
      if (Files.exists(Path.of(table))) {
        Files.readAllLines(Path.of(table)).stream()
            .skip(1)
            .map(line -> line.strip().split("\\s+"))
            .filter(field -> field[3].equals(LISTEN) && own.contains("socket:[" + field[9] + "]"))
            .forEach(field -> listening.add(field[1]));
      }
    }
    return listening;
  }
}
