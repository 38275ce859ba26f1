package io.digflink.lab.cluster;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A Flink session cluster: a JobManager, TaskManagers and the ZooKeeper of their high availability,
 * each in a JVM of its own.
 */
public final class FlinkProcesses implements AutoCloseable {
  /** Slots of a TaskManager: two of them hold a job of two even when one is lost. */
  public static final int SLOTS = 2;

  /** Name of the JobManager's host. */
  public static final String JOB_MANAGER = "jobmanager";

  private static final String ZOOKEEPER = "zookeeper";

  private final Path directory;
  private final Map<String, String> configuration;
  private final Path logging;
  private final Host.Plan hosts;
  private final JvmProcess zooKeeper;
  private final JvmProcess jobManager;
  private final Map<String, JvmProcess> taskManagers = new TreeMap<>();
  private int started;

  private FlinkProcesses(
      Path directory, Map<String, String> configuration, Path logging, Host.Plan hosts) {
    this.directory = directory;
    this.configuration = configuration;
    this.logging = logging;
    this.hosts = hosts;
    this.zooKeeper =
        jvm(
            ZOOKEEPER,
            FlinkLibraries.all(), // ZooKeeper needs Snappy too.
            List.of("-Xmx128m"),
            "org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain",
            directory.resolve("zoo.cfg").toString());
    this.jobManager =
        jvm(
            JOB_MANAGER,
            lib(),
            List.of("-Xmx512m"),
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
            "--configDir",
            directory.toString());
  }

  /**
   * Starts all processes; they may not have found each other yet.
   *
   * @param directory takes configuration, logs and the metadata of high availability
   * @param checkpoints takes the checkpoints
   * @param logging a configuration of Log4j
   * @param hosts where the processes run
   */
  public static FlinkProcesses start(
      Path directory, Path checkpoints, Path logging, Host.Plan hosts) throws IOException {
    FlinkLibraries.link(directory.resolve("lib"));
    int zooKeeperPort = freePort();
    Files.writeString(
        directory.resolve("zoo.cfg"),
        """
        tickTime=500
        clientPort=%d
        dataDir=%s
        admin.enableServer=false
        """
            .formatted(zooKeeperPort, directory.resolve("zookeeper")));
    Map<String, String> configuration = configuration(directory, checkpoints, hosts);
    configuration.put(
        "high-availability.zookeeper.quorum", hosts.of(ZOOKEEPER).address() + ":" + zooKeeperPort);
    new YAMLMapper().writeValue(directory.resolve("config.yaml").toFile(), configuration);
    FlinkProcesses cluster = new FlinkProcesses(directory, configuration, logging, hosts);
    cluster.zooKeeper.start();
    cluster.jobManager.start();
    cluster.startTaskManager();
    cluster.startTaskManager();
    return cluster;
  }

  private static Map<String, String> configuration(
      Path directory, Path checkpoints, Host.Plan hosts) throws IOException {
    Map<String, String> c = new TreeMap<>();
    String jobManager = hosts.of(JOB_MANAGER).address();
    c.put("jobmanager.rpc.address", jobManager);
    c.put("rest.address", jobManager);
    c.put("rest.bind-address", jobManager);
    c.put("rest.port", Integer.toString(freePort()));
    c.put("taskmanager.numberOfTaskSlots", Integer.toString(SLOTS));
    // Both TaskManagers work, so that what happens to either matters.
    c.put("taskmanager.load-balance.mode", "SLOTS");
    c.put("taskmanager.memory.process.size", "1536m");
    c.put("taskmanager.memory.managed.size", "0");
    c.put("taskmanager.memory.network.max", "64m");
    c.put("taskmanager.memory.task.off-heap.size", "512m");
    c.put("state.backend.type", "hashmap");
    c.put("classloader.parent-first-patterns.additional", "ai.onnxruntime.");
    c.put("io.tmp.dirs", Files.createDirectories(directory.resolve("tmp")).toString());
    // A lost process is found out in seconds.
    c.put("heartbeat.interval", "1 s");
    c.put("heartbeat.timeout", "6 s");
    c.put("high-availability.type", "zookeeper");
    c.put("high-availability.zookeeper.client.session-timeout", "5 s");
    c.put("high-availability.storageDir", directory.resolve("ha").toUri().toString());
    c.put("execution.checkpointing.dir", checkpoints.toUri().toString());
    c.put("execution.checkpointing.savepoint-dir", directory.resolve("savepoints").toUri() + "");
    // Faults come faster here than a job should put up with elsewhere.
    c.put("restart-strategy.type", "fixed-delay");
    c.put("restart-strategy.fixed-delay.attempts", Integer.toString(Integer.MAX_VALUE));
    c.put("restart-strategy.fixed-delay.delay", "1 s");
    c.put("metrics.fetcher.update-interval", "200");
    // So long a lost TaskManager holds up the metrics of all others.
    c.put("web.timeout", "8000");
    return c;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private String lib() {
    return directory.resolve("lib") + "/*";
  }

  private JvmProcess jvm(
      String name, String classPath, List<String> options, String mainClass, String... arguments) {
    List<String> words = new ArrayList<>(options);
    words.add("-XX:TieredStopAtLevel=1");
    words.add("-Dlog4j2.configurationFile=" + logging);
    words.addAll(List.of("-cp", classPath, mainClass));
    words.addAll(List.of(arguments));
    return new JvmProcess(directory.resolve(name + ".log"), hosts.of(name), words);
  }

  /** Starts one more TaskManager; returns its id. */
  public String startTaskManager() throws IOException {
    TaskManagerMemory memory = new TaskManagerMemory(configuration);
    String id = "taskmanager-" + ++started;
    List<String> arguments = new ArrayList<>(List.of("--configDir", directory.toString()));
    arguments.addAll(memory.settings());
    arguments.addAll(List.of("-D", "taskmanager.resource-id=" + id));
    arguments.addAll(List.of("-D", "taskmanager.host=" + hosts.of(id).address()));
    JvmProcess process =
        jvm(
            id,
            lib(),
            memory.jvmArguments(),
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
            arguments.toArray(String[]::new));
    process.start();
    taskManagers.put(id, process);
    return id;
  }

  /** The TaskManagers that were started, by id. */
  public Map<String, JvmProcess> taskManagers() {
    return taskManagers;
  }

  public JvmProcess jobManager() {
    return jobManager;
  }

  /** Address of the REST endpoint, also of a JobManager that is started again. */
  public URI rest() {
    return URI.create(
        "http://" + configuration.get("rest.address") + ":" + configuration.get("rest.port"));
  }

  @Override
  public void close() {
    taskManagers.values().forEach(JvmProcess::close);
    jobManager.close();
    zooKeeper.close();
  }
}
