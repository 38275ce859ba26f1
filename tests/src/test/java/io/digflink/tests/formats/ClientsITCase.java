package io.digflink.tests.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.TestModels;
import io.digflink.tools.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example clients in {@code schemas/clients}, each a program of its own, against a job. */
class ClientsITCase {
  private static final Path CLIENTS = Path.of("../schemas/clients").toAbsolutePath().normalize();
  private static final int LONGEST = 60;

  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
    Configuration options = stack.newJob();
    List<String> topics = new ArrayList<>();
    for (var topic :
        List.of(
            GenerateOptions.REQUESTS_TOPIC,
            GenerateOptions.IMAGES_TOPIC,
            GenerateOptions.PROGRESS_TOPIC,
            GenerateOptions.REJECTED_TOPIC)) {
      options.set(topic, topic.defaultValue());
      topics.add(topic.defaultValue());
    }
    stack.kafka().createTopics(topics, 2);
    options.set(GenerateOptions.TOPICS_FORMAT, WireFormat.JSON);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
    environment.setParallelism(1);
    GenerateJob.build(environment, GenerateSettings.of(options));
    stack.flink().submit(environment);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void everyClientIsShort() throws IOException {
    try (Stream<Path> files = Files.walk(CLIENTS)) {
      assertThat(files.filter(Files::isRegularFile).filter(file -> !isOfNpm(file)))
          .hasSizeGreaterThan(4)
          .allSatisfy(file -> assertThat(Files.readAllLines(file)).hasSizeLessThan(LONGEST));
    }
  }

  private static boolean isOfNpm(Path file) {
    return file.toString().contains("node_modules") || file.endsWith("package-lock.json");
  }

  @Test
  void nodeGetsAnImageAndTheReasonOfAReject() throws Exception {
    String node = Tool.require("node");
    String npm = Tool.require("npm");
    Path folder = Files.createDirectory(directory.resolve("node"));
    for (String name : List.of("package.json", "client.js")) {
      Files.copy(CLIENTS.resolve("node").resolve(name), folder.resolve(name));
    }
    Ended install = run(folder, List.of(npm, "install", "--no-audit", "--no-fund"));
    assumeTrue(
        install.status() == 0,
        () -> "kafkajs cannot be installed from the npm registry: " + install.output());

    getsAnImageAndTheReasonOfAReject("node", List.of(node, "client.js"), folder);
  }

  @Test
  void pythonGetsAnImageAndTheReasonOfAReject() throws Exception {
    String client = CLIENTS.resolve("python/client.py").toString();

    getsAnImageAndTheReasonOfAReject("python", List.of(Tool.require("kafka"), client), directory);
  }

  @Test
  void kcatGetsAnImageAndTheReasonOfAReject() throws Exception {
    Tool.require("kcat");
    String client = CLIENTS.resolve("kcat/client.sh").toString();

    getsAnImageAndTheReasonOfAReject("kcat", List.of("sh", client), directory);
  }

  /** Of this project it has the jar of the schemas alone. */
  @Test
  void javaGetsAnImageAndTheReasonOfAReject() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classpath =
        Stream.concat(
                Stream.of(GenerationRequest.class, KafkaConsumer.class, Schema.class)
                    .map(
                        type -> type.getProtectionDomain().getCodeSource().getLocation().getPath()),
                Stream.of(System.getProperty("java.class.path").split(":"))
                    .filter(
                        jar ->
                            jar.matches(
                                ".*/(jackson-(core|databind|annotations)|slf4j-api)-[^/]*jar")))
            .collect(Collectors.joining(":"));
    String client = CLIENTS.resolve("java/Client.java").toString();

    getsAnImageAndTheReasonOfAReject("java", List.of(java, "-cp", classpath, client), directory);
  }

  private static void getsAnImageAndTheReasonOfAReject(
      String name, List<String> command, Path folder) throws Exception {
    Path file = directory.resolve(name + ".png");
    Ended good = run(folder, with(command, TestModels.PLAIN, "3", file));
    assertThat(good.status()).as(good.output()).isZero();
    byte[] png = Files.readAllBytes(file);
    assertThat(png).startsWith(0x89, 'P', 'N', 'G');
    assertThat(good.output())
        .contains(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(png)));

    Ended bad = run(folder, with(command, TestModels.PLAIN, "99", directory.resolve("none.png")));
    assertThat(bad.status()).as(bad.output()).isNotZero();
    assertThat(bad.output()).contains("labels is 99; allowed: 0 to 9");
    assertThat(directory.resolve("none.png")).doesNotExist();
  }

  private static List<String> with(List<String> command, String model, String label, Path file) {
    List<String> whole = new ArrayList<>(command);
    whole.addAll(List.of(stack.kafka().bootstrapServers(), model, label, file.toString()));
    return whole;
  }

  private record Ended(int status, String output) {}

  private static Ended run(Path folder, List<String> command) throws Exception {
    Path log = Files.createTempFile(directory, "client", ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(4, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError(command + " did not end: " + Files.readString(log));
    }
    return new Ended(process.exitValue(), Files.readString(log));
  }

  @Test
  void flinkSqlInsertsRequestsAndSelectsImages() throws Exception {
    String script =
        Files.readString(CLIENTS.resolve("sql/client.sql"))
            .replaceAll("(?m)^--.*$", "")
            .replace("${brokers}", stack.kafka().bootstrapServers())
            .replace("${model}", TestModels.PLAIN)
            .replace("${label}", "3");
    List<String> statements =
        Stream.of(script.split(";")).map(String::strip).filter(s -> !s.isEmpty()).toList();
    TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    for (String statement : statements.subList(0, statements.size() - 1)) {
      tables.executeSql(statement).await();
    }

    List<Row> rows =
        Awaitility.await()
            .pollInSameThread() // the planner keeps things by thread
            .atMost(Duration.ofMinutes(2))
            .pollInSameThread() // the planner belongs to the thread that made it
            .until(
                () -> select(tables, statements.get(statements.size() - 1)),
                found -> !found.isEmpty());

    assertThat(rows).hasSize(1);
    Row image = rows.get(0);
    assertThat(image.getField("seed")).isEqualTo(9_007_199_254_740_993L);
    byte[] png = (byte[]) image.getField("bytes");
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(png)))
        .isEqualTo(image.getField("sha256"));
    assertThat(image.getField("completed_at")).isNotNull();
  }

  @SuppressWarnings("try") // Flink's iterators may throw InterruptedException from close().
  private static List<Row> select(TableEnvironment tables, String statement) throws Exception {
    List<Row> rows = new ArrayList<>();
    CloseableIterator<Row> found = tables.executeSql(statement).collect();
    found.forEachRemaining(rows::add);
    found.close();
    return rows;
  }
}
