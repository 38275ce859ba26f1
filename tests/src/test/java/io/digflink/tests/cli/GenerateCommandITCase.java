package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.cli.Dig;
import io.digflink.cli.embedded.EmbeddedService;
import io.digflink.tests.support.TestModels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class GenerateCommandITCase {
  @TempDir private static Path models;
  @TempDir private Path directory;

  @BeforeAll
  static void export() throws Exception {
    TestModels.exportPlain(models);
  }

  @Test
  void theSameSeedGivesTheSameFiles() throws Exception {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    Path other = directory.resolve("other");

    assertThat(generate("3,5", 7, first)).contains("4 images in " + first);
    generate("3,5", 7, second);
    generate("3,5", 8, other);

    assertThat(digests(first)).hasSize(4).isEqualTo(digests(second)).isNotEqualTo(digests(other));
  }

  @Test
  void aLabelThatTheModelDoesNotHaveIsRefused() {
    assertThat(generate("11", 7, directory)).contains("labels is 11; allowed: 0 to 9");
  }

  @Test
  void aJobThatHasEndedIsNotWaitedFor() throws Exception {
    try (EmbeddedService service =
        EmbeddedService.start(models, "localhost", System.err::println)) {
      service.job().checkRunning();
      URI job = service.dashboard().resolve("/jobs/" + service.job().id() + "?mode=cancel");
      HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(job).method("PATCH", BodyPublishers.noBody()).build(),
              BodyHandlers.discarding());

      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThatThrownBy(service.job()::checkRunning)
                      .hasMessage(
                          "Expected the job to run, found it ended: CANCELED, in the dashboard for instance"));
    }
  }

  private static String generate(String labels, long seed, Path out) {
    StringWriter output = new StringWriter();
    CommandLine dig = Dig.commandLine();
    dig.setOut(new PrintWriter(output)).setErr(new PrintWriter(output));
    dig.execute(
        "generate",
        "--models=" + models,
        "--labels=" + labels,
        "--count=2",
        "--steps=3",
        "--seed=" + seed,
        "--out=" + out);
    return output.toString();
  }

  private static Map<String, String> digests(Path directory) throws Exception {
    Map<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        digests.put(file.getFileName().toString(), DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return digests;
  }
}
