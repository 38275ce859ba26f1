package io.digflink.jobs.generate;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

class GenerateJobTest {

  @Test
  void checkpointsMayFailForAsLongAsTheTransactionsLive() {
    assertThat(
            tolerated(
                new Configuration(),
                "--kafka.transaction-timeout=5 min",
                "--checkpoint.interval=10 s"))
        .isEqualTo(30);
  }

  @Test
  void theClusterMaySayHowManyCheckpointsMayFail() {
    Configuration cluster = new Configuration();
    cluster.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 3);
    assertThat(tolerated(cluster)).isEqualTo(3);
  }

  @Test
  void theDashboardShowsItsNameUnlessTheClusterGivesAnother() {
    Configuration cluster = new Configuration();
    cluster.set(PipelineOptions.NAME, "pictures");
    assertThat(built(new Configuration()).getStreamGraph().getJobName()).isEqualTo("dig-generate");
    assertThat(built(cluster).getStreamGraph().getJobName()).isEqualTo("pictures");
  }

  private static int tolerated(Configuration cluster, String... arguments) {
    return built(cluster, arguments).getCheckpointConfig().getTolerableCheckpointFailureNumber();
  }

  private static StreamExecutionEnvironment built(Configuration cluster, String... arguments) {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(cluster);
    Configuration options = JobArguments.parse(arguments);
    options.set(GenerateOptions.BOOTSTRAP_SERVERS, "localhost:9092");
    options.set(GenerateOptions.MODEL_DIRECTORY, "models");
    GenerateJob.build(environment, GenerateSettings.of(options));
    return environment;
  }
}
