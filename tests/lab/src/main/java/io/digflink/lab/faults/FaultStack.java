package io.digflink.lab.faults;

import io.digflink.lab.cluster.Checkout;
import io.digflink.lab.cluster.FlinkProcesses;
import io.digflink.lab.cluster.FlinkRest;
import io.digflink.lab.cluster.Host;
import io.digflink.lab.cluster.KafkaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The processes that faults are done to, and what submits jobs to them. */
public final class FaultStack implements AutoCloseable {
  private static final Duration LONGEST_START = Duration.ofSeconds(90);
  private static final int PARTITIONS = 4;
  private static final int END_OF_LOG = 4_000;

  /** Name of the broker's host, and of its directory in that of the stack. */
  public static final String KAFKA = "kafka";

  private final Path directory;
  private final SmallDisk disk;
  private final KafkaProcess kafka;
  private final FlinkProcesses flink;
  private final FlinkRest rest;

  private FaultStack(Path directory, SmallDisk disk, KafkaProcess kafka, FlinkProcesses flink) {
    this.directory = directory;
    this.disk = disk;
    this.kafka = kafka;
    this.flink = flink;
    this.rest = new FlinkRest(flink.rest());
  }

  /**
   * Starts the processes and waits until the cluster takes jobs.
   *
   * @param directory takes all that they write
   * @param disk takes the checkpoints
   */
  public static FaultStack start(Path directory, SmallDisk disk) throws Exception {
    return start(directory, disk, process -> Host.LOCAL);
  }

  /** Starts them on hosts of their own. */
  public static FaultStack start(Path directory, SmallDisk disk, Host.Plan hosts) throws Exception {
    Path logging = Files.writeString(directory.resolve("log4j2.properties"), LOGGING);
    KafkaProcess kafka = KafkaProcess.start(directory.resolve(KAFKA), logging, hosts.of(KAFKA));
    FlinkProcesses flink =
        FlinkProcesses.start(
            Files.createDirectories(directory.resolve("flink")), disk.path(), logging, hosts);
    FaultStack stack = new FaultStack(directory, disk, kafka, flink);
    Runtime.getRuntime().addShutdownHook(new Thread(stack::close));
    try {
      stack.awaitSlots();
    } catch (IllegalStateException e) {
      stack.close();
      throw e;
    }
    return stack;
  }

  private static final String LOGGING =
      """
      rootLogger.level = INFO
      rootLogger.appenderRef.console.ref = console
      appender.console.type = Console
      appender.console.name = console
      appender.console.layout.type = PatternLayout
      appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} [%t] %m%n
      logger.kafka.name = org.apache.kafka
      logger.kafka.level = WARN
      """;

  /** Waits until the slots of two TaskManagers are free or used. */
  public void awaitSlots() throws InterruptedException {
    int slots = 2 * FlinkProcesses.SLOTS;
    Wait.until(
        slots + " slots in " + directory,
        LONGEST_START,
        () -> rest.get("/overview").path("slots-total").asInt() >= slots);
  }

  /**
   * Submits the job from its jar.
   *
   * @param name of its topics, group and transactions
   * @param savepoint to go on from, or null
   * @param options further arguments of the job
   */
  public RunningJob submit(
      String name, Path models, int parallelism, String savepoint, List<String> options)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>();
    arguments.add("--kafka.bootstrap-servers=" + kafka.node().bootstrapServers());
    arguments.add("--kafka.group-id=" + name);
    arguments.add("--kafka.transaction-prefix=" + name);
    arguments.add("--models.directory=" + models.toAbsolutePath());
    arguments.add("--models.device=cpu");
    arguments.add("--models.intra-op-threads=1");
    // Images of one kind are compared across requests, whose ids would be in the files.
    arguments.add("--images.metadata=false");
    arguments.addAll(RunTopics.of(name).arguments());
    arguments.addAll(options);
    Map<String, Object> body = new HashMap<>();
    body.put("programArgsList", arguments);
    body.put("parallelism", parallelism);
    if (savepoint != null) {
      body.put("savepointPath", savepoint);
    }
    // A JobManager that was started again knows no jar.
    String jar = rest.upload(Checkout.jobJar());
    return new RunningJob(rest, rest.run(jar, body));
  }

  /**
   * Creates the topics of a run.
   *
   * @throws IllegalStateException with the end of the broker's log
   */
  public RunTopics createTopics(String name) throws InterruptedException, IOException {
    RunTopics topics = RunTopics.of(name);
    try {
      kafka.node().createTopics(topics.names(), PARTITIONS);
    } catch (IllegalStateException e) {
      String log = kafka.process().log();
      throw new IllegalStateException(
          "The broker, which "
              + (kafka.process().isAlive() ? "runs" : "has ended")
              + ", wrote at last: "
              + log.substring(Math.max(0, log.length() - END_OF_LOG)),
          e);
    }
    return topics;
  }

  /** Where everything lies that goes with the stack. */
  public Path directory() {
    return directory;
  }

  /** Where the broker writes. */
  public Path kafkaDirectory() {
    return directory.resolve(KAFKA);
  }

  /** Where checkpoints go. */
  public SmallDisk disk() {
    return disk;
  }

  public KafkaProcess kafka() {
    return kafka;
  }

  public FlinkProcesses flink() {
    return flink;
  }

  @Override
  public void close() {
    flink.close();
    kafka.close();
  }
}
