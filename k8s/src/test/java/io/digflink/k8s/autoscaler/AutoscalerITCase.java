package io.digflink.k8s.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.Programs;
import io.digflink.k8s.autoscaler.SimulatedJob.Report;
import io.digflink.k8s.manifest.Manifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The three cases that decide whether the autoscaler may be on, with the operator's published
 * algorithm and the settings of components/autoscaler. The job reports {@link
 * Report#DEVICES_AND_WAITING}, with which they come out right. No cluster has shown it, and budgets
 * of pods do not follow; so it is off in the overlays, which a test here asserts too.
 */
class AutoscalerITCase {
  @TempDir private static Path directory;
  private static Path settings;

  private record Decision(int denoise, int decode, long imagesWaiting) {}

  /** Those of the component; what it would do only after half an hour is seen at once. */
  @BeforeAll
  static void writeSettings() throws Exception {
    Manifest component =
        Manifest.readAll(K8sFolder.path().resolve("components/autoscaler")).stream()
            .filter(manifest -> manifest.kind().equals("FlinkDeployment"))
            .findFirst()
            .orElseThrow();
    Map<String, String> values = component.strings("/spec/flinkConfiguration");
    values.put("job.autoscaler.scale-down.interval", "0 s");
    settings = directory.resolve("settings.properties");
    Files.write(
        settings, values.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
  }

  @Test
  void fourBusyGpusWithoutLag() throws Exception {
    // 36 of the 40 images per second that they can make, in requests of four.
    assertThat(busy(Report.TASKS).denoise()).as("halved, and too slow then").isEqualTo(2);
    // Never fewer; more, since nine tenths is above the utilization that it aims at.
    assertThat(busy(Report.DEVICES).denoise()).isBetween(4, 6);
    assertThat(busy(Report.DEVICES_AND_WAITING).denoise()).isBetween(4, 6);
  }

  private static Decision busy(Report report) throws Exception {
    return decide(report, "4", "40", "160", "0", "15", "9");
  }

  @Test
  void theDecoderIsTheBottleneckAndTwentyThousandWait() throws Exception {
    Decision tasks = starvedDecoder(Report.TASKS);
    Decision devices = starvedDecoder(Report.DEVICES);
    Decision waiting = starvedDecoder(Report.DEVICES_AND_WAITING);

    assertThat(tasks.decode()).as("not seen").isLessThanOrEqualTo(4);
    assertThat(devices.decode()).isGreaterThan(4);
    assertThat(devices.denoise()).as("halved with 18,000 waiting").isEqualTo(2);
    assertThat(waiting.decode()).isEqualTo(8);
    // To be done in a quarter of an hour they need 29 images per second, 73 % of what Denoise
    // makes.
    assertThat(waiting.denoise()).isBetween(4, 5);
  }

  private static Decision starvedDecoder(Report report) throws Exception {
    return decide(report, "1", "40", "10", "20000", "15", "9");
  }

  @Test
  void oneRequestOfTenThousandImages() throws Exception {
    Decision tasks = large(Report.TASKS);

    // A quarter of an hour at ten images per second; its request has left Kafka at once.
    assertThat(tasks.imagesWaiting()).isGreaterThan(1000);
    assertThat(tasks.denoise()).as("halved while it works").isEqualTo(2);
    assertThat(large(Report.DEVICES).denoise()).as("halved while it works").isEqualTo(2);
    assertThat(large(Report.DEVICES_AND_WAITING).denoise()).isEqualTo(4);
  }

  private static Decision large(Report report) throws Exception {
    return decide(report, "10000", "10", "160", "1", "12", "0");
  }

  @Test
  void soItIsOffWhereverItIsNotAskedFor() throws Exception {
    for (String overlay : List.of("cpu", "gpu", "dev")) {
      Path file = K8sFolder.path().resolve("overlays/" + overlay + "/kustomization.yaml");
      assertThat(file).content().doesNotContain("autoscaler");
    }
    assertThat(K8sFolder.path().resolve("base/generate.yaml"))
        .content()
        .contains("job.autoscaler.enabled: \"false\"");
  }

  private static Decision decide(Report report, String... job) throws Exception {
    String classes =
        Path.of(Decide.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    Path libraries = K8sFolder.path().resolve("target/autoscaler");
    assertThat(libraries).as("what Maven copies before the tests").isDirectory();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", classes + ":" + libraries + "/*"));
    command.addAll(List.of(Decide.class.getName(), settings.toString(), report.name()));
    command.addAll(List.of(job));
    String[] words = Programs.output(command).strip().split(" ");
    return new Decision(
        Integer.parseInt(words[0]), Integer.parseInt(words[1]), Long.parseLong(words[2]));
  }
}
