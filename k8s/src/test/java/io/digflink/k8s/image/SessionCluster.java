package io.digflink.k8s.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.digflink.k8s.manifest.Manifest;
import io.digflink.lab.cluster.TaskManagerMemory;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The session cluster of a FlinkDeployment from the image's files: a JobManager and a TaskManager,
 * each in a JVM of its own, as processes instead of pods.
 */
final class SessionCluster implements AutoCloseable {
  private final Path root;
  private final Path conf;
  private final int restPort;
  private final int rpcPort;
  private final List<String> javaOptions;
  private final List<Process> processes = new ArrayList<>();

  private SessionCluster(
      Path root, Path conf, int restPort, int rpcPort, List<String> javaOptions) {
    this.root = root;
    this.conf = conf;
    this.restPort = restPort;
    this.rpcPort = rpcPort;
    this.javaOptions = javaOptions;
  }

  /**
   * Starts the processes; they may not have found each other yet.
   *
   * @param root the image's file system
   * @param deployment the manifest
   * @param places local replacements for names in the manifest, such as paths
   */
  static SessionCluster start(Path root, Manifest deployment, Map<String, String> places)
      throws IOException {
    Path conf = Files.createDirectories(root.resolve("opt/flink/conf"));
    Map<String, String> configuration = deployment.strings("/spec/flinkConfiguration");
    configuration.replaceAll((key, value) -> DeployedJob.replace(value, places));
    List<String> javaOptions =
        Arrays.asList(configuration.get("env.java.opts.all").strip().split("\\s+"));
    int restPort;
    int rpcPort;
    try (ServerSocket rest = new ServerSocket(0);
        ServerSocket rpc = new ServerSocket(0);
        ServerSocket metrics = new ServerSocket(0)) {
      restPort = rest.getLocalPort();
      configuration.put("rest.port", Integer.toString(restPort));
      rpcPort = rpc.getLocalPort();
      configuration.put("jobmanager.rpc.port", Integer.toString(rpcPort));
      String from = Integer.toString(metrics.getLocalPort());
      configuration.put("metrics.reporter.prom.port", from + "-" + (metrics.getLocalPort() + 20));
    }
    configuration.put("rest.address", "localhost");
    configuration.put("jobmanager.rpc.address", "localhost");
    // One process replaces as many pods as the job needs slots.
    configuration.put("taskmanager.numberOfTaskSlots", "2");
    configuration.put(
        "taskmanager.memory.process.size",
        deployment.at("/spec/taskManager/resource/memory").asText());
    new YAMLMapper().writeValue(conf.resolve("config.yaml").toFile(), configuration);

    SessionCluster cluster = new SessionCluster(root, conf, restPort, rpcPort, javaOptions);
    String packages = "org.apache.flink.runtime.";
    cluster.run(packages + "entrypoint.StandaloneSessionClusterEntrypoint");
    TaskManagerMemory memory = new TaskManagerMemory(configuration);
    cluster.run(
        packages + "taskexecutor.TaskManagerRunner", memory.settings().toArray(String[]::new));
    return cluster;
  }

  private void run(String mainClass, String... settings) throws IOException {
    List<String> words = new ArrayList<>(List.of(mainClass, "--configDir", conf.toString()));
    words.addAll(List.of(settings));
    String log = mainClass.replaceAll(".*\\.", "") + ".log";
    processes.add(process(log, words.toArray(String[]::new)));
  }

  /** Starts Flink's client with these arguments; its output goes to a log. */
  Process client(String log, List<String> arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("org.apache.flink.client.cli.CliFrontend"));
    words.addAll(arguments);
    return process(log, words.toArray(String[]::new));
  }

  private Process process(String log, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(DeployedJob.java(), "-Xmx512m"));
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(javaOptions);
    command.addAll(List.of("-cp", root.resolve("opt/flink/lib") + "/*"));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve(log).toFile());
    builder.environment().put("FLINK_CONF_DIR", conf.toString());
    return builder.start();
  }

  /** What all of them wrote. */
  String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    try (Stream<Path> files = Files.list(root)) {
      for (Path log : files.filter(file -> file.toString().endsWith(".log")).sorted().toList()) {
        logs.append(log.getFileName()).append(":\n").append(Files.readString(log));
      }
    }
    return logs.toString();
  }

  /** Port of the REST endpoint. */
  int restPort() {
    return restPort;
  }

  /** Port of the JobManager's RPC. */
  int rpcPort() {
    return rpcPort;
  }

  /** The jobs that the cluster knows. */
  JsonNode jobs() throws IOException {
    URI overview = URI.create("http://localhost:" + restPort + "/jobs/overview");
    try (var in = overview.toURL().openStream()) {
      return new JsonMapper().readTree(new String(in.readAllBytes(), UTF_8)).path("jobs");
    }
  }

  @Override
  public void close() {
    processes.forEach(process -> process.destroyForcibly().onExit().join());
  }
}
