package io.digflink.k8s.image;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.digflink.k8s.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The job of a FlinkDeployment in a JVM of its own, from the image's files: Flink's client with the
 * manifest's configuration, jar, class and arguments, on a cluster inside that JVM.
 */
public final class DeployedJob implements AutoCloseable {
  private final Process process;
  private final Path log;

  private DeployedJob(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts the job.
   *
   * @param root the image's file system
   * @param deployment the manifest
   * @param places local replacements for names in the manifest, such as paths
   * @param more arguments after the manifest's
   */
  public static DeployedJob start(
      Path root, Manifest deployment, Map<String, String> places, String... more)
      throws IOException {
    Path conf = Files.createDirectories(root.resolve("opt/flink/conf"));
    Map<String, String> configuration = deployment.strings("/spec/flinkConfiguration");
    configuration.replaceAll((key, value) -> replace(value, places));
    new YAMLMapper().writeValue(conf.resolve("config.yaml").toFile(), configuration);

    List<String> command = new ArrayList<>(List.of(java(), "-Xmx1g"));
    command.addAll(List.of(configuration.get("env.java.opts.all").strip().split("\\s+")));
    command.addAll(List.of("-cp", root.resolve("opt/flink/lib") + "/*"));
    command.addAll(List.of("org.apache.flink.client.cli.CliFrontend", "run", "-t", "local"));
    command.addAll(List.of("-c", deployment.at("/spec/job/entryClass").asText()));
    command.add(deployment.at("/spec/job/jarURI").asText().replace("local://", root.toString()));
    deployment.at("/spec/job/args").forEach(arg -> command.add(replace(arg.asText(), places)));
    command.addAll(List.of(more));

    Path log = root.resolve("job.log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("FLINK_CONF_DIR", conf.toString());
    return new DeployedJob(builder.start(), log);
  }

  /**
   * Runs a container's command, such as an init container's, from the image's files.
   *
   * @return its exit code
   */
  public static int run(Path root, List<String> command, Map<String, String> places, Path log)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    for (String word : command) {
      words.add(replace(word, places).replace("/opt/flink", root.resolve("opt/flink").toString()));
    }
    words.set(0, java());
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start()
        .waitFor();
  }

  /** Whether it is still running. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it wrote. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /** Longer names first, in one pass, so that no replacement is replaced again. */
  static String replace(String text, Map<String, String> places) {
    if (places.isEmpty()) {
      return text;
    }
    List<String> names = new ArrayList<>(places.keySet());
    names.sort((a, b) -> b.length() - a.length());
    Pattern any = Pattern.compile(String.join("|", names.stream().map(Pattern::quote).toList()));
    return any.matcher(text)
        .replaceAll(found -> Matcher.quoteReplacement(places.get(found.group())));
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
