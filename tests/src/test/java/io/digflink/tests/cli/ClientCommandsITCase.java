package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.Dig;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.TestModels;
import io.digflink.tests.support.TopicRecords;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code requests}, {@code images} and {@code rejected} against a job. */
class ClientCommandsITCase {
  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void printedRequestsOfTwoFormatsAreServedAndTheirImagesWritten() throws Exception {
    JobRun run = new JobRun(stack).with(GenerateOptions.TOPICS_FORMAT, WireFormat.JSON);
    Path requests = directory.resolve("requests");
    for (String format : List.of("json", "single-object")) {
      run("requests", "--model", TestModels.PLAIN, "--labels", "3,4", "--steps", "2", "--seed", "5")
          .and("--requests", "2", "--id", "a/" + format, "--as", format)
          .and("--out", requests.resolve(format).toString())
          .expect(0);
    }
    run.sendBytes(contents(requests)).serveAll(1);

    run("images", "--bootstrap-servers", stack.kafka().bootstrapServers())
        .and("--images-topic", run.settings().topics().images())
        .expect(0);
    assertThat(out.toString().lines())
        .hasSize(8)
        .anySatisfy(
            line ->
                assertThat(line)
                    .matches(
                        "a/json-1 2/2 4 seed 6 dpm\\+\\+ 2 steps 128x128 png \\d+ bytes [0-9a-f]{64}"));

    Path images = directory.resolve("images");
    run("images", "--bootstrap-servers", stack.kafka().bootstrapServers())
        .and("--images-topic", run.settings().topics().images())
        .and("--request", "a/single-object-0", "--out", images.toString())
        .expect(0);
    try (Stream<Path> files = Files.list(images)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("a%2Fsingle-object-0-0.png", "a%2Fsingle-object-0-1.png");
    }
  }

  @Test
  void severalRequestsWithoutEndsOfLineNeedADirectory() {
    run("requests", "--as", "single-object", "--requests", "2").expect(2);

    assertThat(err.toString()).contains("give --out DIR or --as json");
  }

  @Test
  void rejectedRequestsAreMendedAndSentAgainOnceEach() throws Exception {
    JobRun run = new JobRun(stack);
    TopicRecords topics = new TopicRecords(stack.kafka().bootstrapServers());
    GenerateSettings.Topics names = run.settings().topics();
    for (String id : List.of("one", "two")) {
      ProducerRecord<byte[], byte[]> bad =
          record(names, request(id, TestModels.PLAIN, "\"steps\":1000000"));
      bad.headers().add("traceparent", id.getBytes(StandardCharsets.UTF_8));
      topics.send(bad);
    }
    topics.send(record(names, request("three", "unknown", "\"steps\":1")));
    topics.send(record(names, "{\"steps\":"));
    run.serveAll(1);

    rejected(names).expect(0);
    assertThat(out.toString().lines())
        .hasSize(4)
        .anyMatch(line -> line.contains("UNKNOWN_MODEL three: model is \"unknown\""));

    replay(names, "--reason", "invalid_field").expect(0);
    assertThat(out.toString()).isEqualTo("2 sent, 0 sent before, 0 cannot be mended\n");
    replay(names, "--reason", "invalid_field").expect(0);
    assertThat(out.toString()).isEqualTo("0 sent, 2 sent before, 0 cannot be mended\n");
    replay(names, "--set", "model=" + TestModels.PLAIN).expect(1);
    assertThat(out.toString())
        .contains("Expected a GenerationRequest as a JSON object in UTF-8, found Unexpected end")
        .endsWith("1 sent, 2 sent before, 1 cannot be mended\n");

    run.serveAll(1);
    assertThat(run.digests()).containsOnlyKeys("one/0", "two/0", "three/0");
    List<ConsumerRecord<byte[], byte[]>> images = topics.read(names.images());
    assertThat(images)
        .filteredOn(image -> new String(image.key(), StandardCharsets.UTF_8).equals("two"))
        .allSatisfy(image -> assertThat(TopicRecords.headers(image)).contains("traceparent: two"));
  }

  @Test
  void aFieldThatNoRequestHasIsRefusedBeforeAnythingIsSent() throws Exception {
    JobRun run = new JobRun(stack);
    GenerateSettings.Topics names = run.settings().topics();

    replay(names, "--set", "step=3").expect(2);

    assertThat(err.toString()).contains("--set: step is no known field; allowed: steps is");
    rejected(names).and("--set", "steps=3").expect(2);
    assertThat(err.toString()).contains("Expected --replay with --set, found --set alone");
  }

  private Arguments replay(GenerateSettings.Topics topics, String... more) {
    return rejected(topics).and("--replay", "--set", "steps=2").and(more);
  }

  private Arguments rejected(GenerateSettings.Topics topics) {
    return run("rejected", "--bootstrap-servers", stack.kafka().bootstrapServers())
        .and("--rejected-topic", topics.rejected(), "--requests-topic", topics.requests());
  }

  private static ProducerRecord<byte[], byte[]> record(
      GenerateSettings.Topics topics, String json) {
    return new ProducerRecord<>(topics.requests(), json.getBytes(StandardCharsets.UTF_8));
  }

  private static String request(String id, String model, String field) {
    return String.format("{\"request_id\":\"%s\",\"model\":\"%s\",%s}", id, model, field);
  }

  private static byte[][] contents(Path requests) throws Exception {
    List<byte[]> contents = new ArrayList<>();
    try (Stream<Path> files = Files.walk(requests)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.add(Files.readAllBytes(file));
      }
    }
    return contents.toArray(byte[][]::new);
  }

  private Arguments run(String... arguments) {
    return new Arguments().and(arguments);
  }

  /** A command line that grows. */
  private final class Arguments {
    private final List<String> arguments = new ArrayList<>();

    Arguments and(String... more) {
      arguments.addAll(List.of(more));
      return this;
    }

    /** Runs it; {@code out} and {@code err} then have what it printed. */
    void expect(int code) {
      out.getBuffer().setLength(0);
      err.getBuffer().setLength(0);
      CommandLine dig = Dig.commandLine();
      dig.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
      int found = dig.execute(arguments.toArray(String[]::new));
      assertThat(found).as("%s%n%s", out, err).isEqualTo(code);
    }
  }
}
