package io.digflink.k8s.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FlinkOptionsTest {
  @Test
  void aMisspeltOptionIsFound() {
    assertThat(FlinkOptions.violations(Map.of("execution.checkpointing.intervall", "10 s")))
        .containsExactly("execution.checkpointing.intervall: no such option");
  }

  @Test
  void anOptionByItsDeprecatedKeyIsFound() {
    assertThat(FlinkOptions.violations(Map.of("state.checkpoints.dir", "file:///x")))
        .containsExactly("state.checkpoints.dir: no such option");
  }

  @Test
  void aValueOfAnotherTypeIsFound() {
    assertThat(FlinkOptions.violations(Map.of("taskmanager.numberOfTaskSlots", "one")))
        .singleElement()
        .asString()
        .startsWith("taskmanager.numberOfTaskSlots: Could not parse value 'one'");
  }

  @Test
  void namesOfOnesOwnStandInReporterAndResourceOptions() {
    assertThat(
            FlinkOptions.violations(
                Map.of(
                    "metrics.reporter.prom.port", "9249",
                    "external-resource.gpu.kubernetes.config-key", "nvidia.com/gpu",
                    "external-resource.gpu.amuont", "1")))
        .containsExactly("external-resource.gpu.amuont: no such option");
  }

  @Test
  void aMisspeltJobOptionIsFound() {
    assertThat(JobOptions.violations(Map.of("kafka.group", "x", "decode.parallelism", "many")))
        .anySatisfy(violation -> assertThat(violation).isEqualTo("kafka.group: no such option"))
        .anySatisfy(violation -> assertThat(violation).startsWith("decode.parallelism: Could not"));
  }
}
