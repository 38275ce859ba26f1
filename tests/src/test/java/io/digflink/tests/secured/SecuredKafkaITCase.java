package io.digflink.tests.secured;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.Dig;
import io.digflink.cli.client.RequestSender;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.jobs.generate.JobArguments;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.clusterframework.ApplicationStatus;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The job and the commands on a Kafka that speaks TLS and asks for a password. */
class SecuredKafkaITCase {
  private static final String PASSWORD = "pa55-of-the-right-user";
  private static final String WRONG = "pa55-that-is-wrong";
  private static final int OK = 0;
  private static final int FAILED = 1;

  @TempDir private static Path directory;
  private static LogCapture log;
  private static SecuredKafka kafka;
  private static EmbeddedFlink flink;
  private static Path models;
  private static Path right;
  private static Path byReference;
  private static Path wrong;

  @BeforeAll
  static void start() throws Exception {
    log = new LogCapture();
    models = directory.resolve("models");
    TestModels.exportPlain(models);
    kafka = SecuredKafka.start(Files.createDirectory(directory.resolve("kafka")), PASSWORD);
    flink = EmbeddedFlink.start(2, directory.resolve("flink"));
    right = SecuredKafka.write(kafka.client(PASSWORD), directory.resolve("right.properties"));
    byReference =
        SecuredKafka.write(
            kafka.clientByReference(PASSWORD), directory.resolve("by-reference.properties"));
    wrong = SecuredKafka.write(kafka.client(WRONG), directory.resolve("wrong.properties"));
  }

  @AfterAll
  static void stop() {
    flink.close();
    kafka.close();
    log.close();
  }

  @Test
  void aClientAsksAJobForImagesAndNobodySeesThePassword() throws Exception {
    createTopics("asked");
    JobID job = flink.submit(environment(jobOptions("asked", byReference)));

    Result generated =
        dig(
            "generate",
            "--bootstrap-servers=" + kafka.bootstrapServers(),
            "--kafka-properties=" + right,
            "--requests-topic=asked.requests",
            "--images-topic=asked.images",
            "--rejected-topic=asked.rejected",
            "--model=plain",
            "--labels=3,5",
            "--steps=4",
            "--out=" + directory.resolve("generated"));
    try (RequestSender sender = new RequestSender(client(), "asked.requests")) {
      sender.send(null, "no request".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(generated.code).describedAs(generated.text).isEqualTo(OK);
    assertThat(generated.text).contains("2 images in");
    try (Stream<Path> files = Files.list(directory.resolve("generated"))) {
      assertThat(files).hasSize(2);
    }
    await("asked.progress", RequestProgress.class, p -> p.getState() == RequestState.COMPLETED);
    await("asked.rejected", RejectedRequest.class, r -> r.getReason() == RejectReason.MALFORMED);
    assertThat(new RestPages(flink.dashboard()).of(job))
        .contains("requests")
        .doesNotContain(PASSWORD);
    assertThat(log.text())
        .contains("ConsumerConfig values")
        .contains("ProducerConfig values")
        .contains("sasl.jaas.config = [hidden]")
        .doesNotContain(PASSWORD);
    flink.cluster().cancelJob(job).get();
  }

  @Test
  void aPasswordThatIsNamedAndNotWrittenIsNotInTheJobThatIsSubmitted() throws Exception {
    assertThat(serialized(byReference)).contains("sasl.jaas.config").doesNotContain(PASSWORD);
    assertThat(serialized(right)).contains(PASSWORD);
  }

  @Test
  void theJobOfTheCommandServesWhatIsThere() throws Exception {
    createTopics("command");
    try (RequestSender sender = new RequestSender(client(), "command.requests")) {
      sender.send(Requests.of("one").build());
    }

    Result result = dig(jobCommand("command", right, "--topics.requests.bounded=true"));

    assertThat(result.code).describedAs(result.text).isEqualTo(OK);
    await("command.images", GeneratedImage.class, image -> image.getRequestId().equals("one"));
  }

  @Test
  void theRequestsOfATopicBecomeADataSet() throws Exception {
    createTopics("dataset");
    try (RequestSender sender = new RequestSender(client(), "dataset.requests")) {
      sender.send(Requests.of("some").setImagesPerLabel(3).build());
    }

    Result result = synthesize("dataset", right);

    assertThat(result.code).describedAs(result.text).isEqualTo(OK);
    assertThat(directory.resolve("out-dataset/metadata.jsonl")).content().hasLineCount(3);
  }

  @Test
  @Timeout(60)
  void everyCommandSaysAtOnceThatThePasswordIsWrong() throws Exception {
    createTopics("wrong");
    String message =
        "Expected the Kafka brokers at "
            + kafka.bootstrapServers()
            + " to let this client in, found: Authentication failed during authentication due to"
            + " invalid credentials with SASL mechanism SCRAM-SHA-512. Check user and password in"
            + " sasl.jaas.config, and sasl.mechanism, in the client's properties file";

    for (Result result :
        List.of(
            dig(jobCommand("wrong", wrong)),
            dig(generateCommand(wrong)),
            synthesize("wrong", wrong))) {
      assertThat(result.code).isEqualTo(FAILED);
      assertThat(result.text).contains(message).doesNotContain(WRONG).doesNotContain("\tat ");
    }
    assertThat(jobMain("wrong", wrong)).hasMessage(message);
    assertThat(log.text()).doesNotContain(WRONG);
  }

  @Test
  void aJobWhosePasswordIsNoLongerRightFailsWithoutShowingIt() throws Exception {
    createTopics("changed");
    JobID job = flink.submit(environment(jobOptions("changed", wrong)));

    assertThat(flink.cluster().requestJobResult(job).get().getApplicationStatus())
        .isEqualTo(ApplicationStatus.FAILED);
    assertThat(new RestPages(flink.dashboard()).of(job))
        .contains("Authentication failed during authentication due to invalid credentials")
        .doesNotContain(WRONG);
    assertThat(log.text()).doesNotContain(WRONG);
  }

  @Test
  void aBrokerWithACertificateOfSomebodyElseIsNotTrusted() throws Exception {
    Path file =
        SecuredKafka.write(
            kafka.clientThatTrustsAnother(PASSWORD), directory.resolve("other.properties"));

    Result result = dig(generateCommand(file));

    assertThat(result.code).isEqualTo(FAILED);
    assertThat(result.text)
        .contains("SSL handshake failed")
        .contains("Check ssl.truststore.location")
        .doesNotContain("\tat ");
  }

  @Test
  void aUserWhoMayNotSeeTheTopicsIsTold() throws Exception {
    createTopics("closed");
    Path file =
        SecuredKafka.write(
            kafka.clientOfAStranger(PASSWORD), directory.resolve("stranger.properties"));

    Result result = dig(jobCommand("closed", file));

    assertThat(result.code).isEqualTo(FAILED);
    assertThat(result.text)
        .contains("to let this client in, found: Topic authorization failed. Grant its user")
        .contains(
            "Describe on the topics [closed.requests, closed.images, closed.progress,"
                + " closed.rejected]")
        .doesNotContain("\tat ");
  }

  @Test
  @Timeout(60)
  void aClientThatSpeaksNoTlsIsToldWhatToLookAt() throws Exception {
    Path file = SecuredKafka.write(new Properties(), directory.resolve("plain.properties"));

    Result result = dig(generateCommand(file));

    assertThat(result.code).isEqualTo(FAILED);
    assertThat(result.text)
        .contains("within 10 s, found none")
        .contains("this listener speaks security.protocol PLAINTEXT")
        .doesNotContain("\tat ");
  }

  @Test
  void aPropertiesFileThatIsNotThereIsNamed() {
    Path file = directory.resolve("nowhere.properties");

    assertThat(dig(generateCommand(file)).text)
        .contains("Expected a readable properties file as --kafka-properties, found " + file);
    assertThat(dig(jobCommand("any", file)).text)
        .contains("Expected a readable properties file as kafka.properties-file, found " + file);
  }

  private record Result(int code, String text) {}

  private static Result dig(String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    int code = Dig.commandLine().setOut(writer).setErr(writer).execute(arguments);
    return new Result(code, text.toString());
  }

  private static Exception jobMain(String topics, Path properties) {
    try {
      GenerateJob.main(jobOptions(topics, properties).toArray(String[]::new));
      throw new AssertionError("Expected the job to be refused");
    } catch (Exception e) {
      return e;
    }
  }

  private static String[] generateCommand(Path properties) {
    return new String[] {
      "generate",
      "--bootstrap-servers=" + kafka.bootstrapServers(),
      "--kafka-properties=" + properties,
      "--out=" + directory.resolve("not-generated")
    };
  }

  private static String[] jobCommand(String topics, Path properties, String... more) {
    List<String> arguments = new ArrayList<>(List.of("generate-job"));
    arguments.addAll(jobOptions(topics, properties));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static List<String> jobOptions(String topics, Path properties) {
    return List.of(
        "--kafka.bootstrap-servers=" + kafka.bootstrapServers(),
        "--kafka.properties-file=" + properties,
        "--kafka.group-id=" + topics,
        "--kafka.transaction-prefix=" + topics,
        "--topics.requests=" + topics + ".requests",
        "--topics.images=" + topics + ".images",
        "--topics.progress=" + topics + ".progress",
        "--topics.rejected=" + topics + ".rejected",
        "--models.directory=" + models,
        "--models.device=cpu",
        "--checkpoint.interval=200 ms");
  }

  private static StreamExecutionEnvironment environment(List<String> options) {
    Configuration once = new Configuration();
    once.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(once);
    environment.setParallelism(1);
    GenerateJob.build(
        environment, GenerateSettings.of(JobArguments.parse(options.toArray(String[]::new))));
    return environment;
  }

  /** All that a cluster is given of a job, and keeps for its recovery. */
  private static String serialized(Path properties) throws Exception {
    JobGraph job = environment(jobOptions("any", properties)).getStreamGraph().getJobGraph();
    return new String(InstantiationUtil.serializeObject(job), StandardCharsets.ISO_8859_1);
  }

  private static Result synthesize(String topics, Path properties) throws Exception {
    Path spec =
        Files.writeString(
            directory.resolve(topics + ".yaml"),
            """
            model: plain
            requests: {bootstrap_servers: "%s", topic: %s.requests}
            output: {format: npz, shard_size: 2}
            """
                .formatted(kafka.bootstrapServers(), topics));
    return dig(
        "synthesize",
        "--spec=" + spec,
        "--out=" + directory.resolve("out-" + topics),
        "--models=" + models,
        "--device=cpu",
        "--kafka-properties=" + properties);
  }

  private static void createTopics(String name) throws Exception {
    kafka.createTopics(
        kafka.client(PASSWORD),
        Stream.of("requests", "images", "progress", "rejected").map(t -> name + "." + t).toList());
  }

  private static Properties client() {
    Properties client = kafka.client(PASSWORD);
    client.setProperty("bootstrap.servers", kafka.bootstrapServers());
    return client;
  }

  private static <T extends SpecificRecordBase> void await(
      String topic, Class<T> type, Predicate<T> wanted) {
    try (TopicReader<T> reader = TopicReader.fromStart(client(), topic, type)) {
      Instant deadline = Instant.now().plusSeconds(60);
      while (reader.poll(Duration.ofMillis(100)).stream().noneMatch(wanted)) {
        assertThat(Instant.now()).describedAs("a record in " + topic).isBefore(deadline);
      }
    }
  }
}
