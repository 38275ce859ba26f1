package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the launcher on the newest JDK of this machine: each release warns of more than the last.
 */
class NewestJdkITCase {
  private static final Path HOME = Path.of(System.getProperty("dig.home"));
  private static final Path JDKS = Path.of("/usr/lib/jvm");
  private static final int OLDEST = 17;
  private static final int LONGEST_MINUTES = 5;

  private static Path jdk;

  @TempDir private Path directory;

  @BeforeAll
  static void findTheNewestJdk() throws IOException {
    Map<Integer, Path> jdks = new TreeMap<>(Comparator.reverseOrder());
    jdks.put(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
    if (Files.isDirectory(JDKS)) {
      try (Stream<Path> folders = Files.list(JDKS)) {
        for (Path folder : folders.filter(f -> Files.exists(f.resolve("release"))).toList()) {
          jdks.put(feature(folder), folder);
        }
      }
    }
    int newest = jdks.keySet().iterator().next();
    assumeTrue(
        newest > OLDEST,
        "Expected a JDK newer than 17 in "
            + JDKS
            + ", found none: install one (such as Debian's"
            + " openjdk-21-jdk-headless or openjdk-25-jdk-headless)");
    assumeTrue(
        Files.exists(HOME.resolve("jobs/cli/target/classpath.txt")),
        "Expected what the launcher runs to be built: run mvn package instead of mvn test");
    jdk = jdks.get(newest);
  }

  private static int feature(Path jdk) throws IOException {
    Properties release = new Properties();
    try (var in = Files.newBufferedReader(jdk.resolve("release"))) {
      release.load(in);
    }
    return Runtime.Version.parse(release.getProperty("JAVA_VERSION").replace("\"", "")).feature();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "demo --images=4"})
  void noCommandPrintsAWarning(String arguments) throws Exception {
    Path output = directory.resolve("output.txt");
    List<String> command = new ArrayList<>(List.of(HOME.resolve("dig").toString()));
    command.addAll(List.of(arguments.split(" ")));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("JAVA_HOME", jdk.toString());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }

    List<String> lines = Files.readAllLines(output);
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    assertThat(lines).isNotEmpty().noneMatch(line -> line.startsWith("WARNING"));
  }
}
