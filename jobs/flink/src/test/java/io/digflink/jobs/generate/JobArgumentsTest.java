package io.digflink.jobs.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class JobArgumentsTest {
  private static final String[] REQUIRED = {
    "--kafka.bootstrap-servers", "kafka:9092", "--models.directory=models"
  };

  @Test
  void bothWaysOfWritingAnOptionAreRead() {
    GenerateSettings settings = GenerateSettings.of(JobArguments.parse(REQUIRED));

    assertThat(settings.kafka().bootstrapServers()).isEqualTo("kafka:9092");
    assertThat(settings.models().directory()).isEqualTo("models");
    assertThat(settings.denoise().maxBatchRows()).isZero();
  }

  @Test
  void anUnknownOptionIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> JobArguments.parse("--model.directory", "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("models.directory")
        .hasMessageContaining("found --model.directory");
  }

  @Test
  void aMissingValueIsNamed() {
    assertThatThrownBy(() -> JobArguments.parse("--models.directory"))
        .hasMessage("Expected a value after --models.directory, found none");
  }

  @Test
  void aRequiredOptionIsAskedFor() {
    assertThatThrownBy(() -> GenerateSettings.of(JobArguments.parse("--models.directory=m")))
        .hasMessage(
            "Expected a value for kafka.bootstrap-servers, found none: give"
                + " --kafka.bootstrap-servers");
  }

  @Test
  void aTransactionMustOutliveACheckpointInterval() {
    assertThatThrownBy(() -> settingsWith("--kafka.transaction-timeout=5 s"))
        .hasMessageContaining("Expected kafka.transaction-timeout above checkpoint.interval");
  }

  @Test
  void withoutAPlaceToPutThemLargeImagesAreNotAdmitted() {
    assertThat(settingsWith("--claim-check.threshold=300 bytes").limits().pixels()).isEqualTo(100);
    assertThat(settingsWith("--claim-check.directory=s3://b/i").limits().pixels())
        .isEqualTo(4 << 20);
  }

  private static GenerateSettings settingsWith(String argument) {
    String[] arguments = new String[REQUIRED.length + 1];
    System.arraycopy(REQUIRED, 0, arguments, 0, REQUIRED.length);
    arguments[REQUIRED.length] = argument;
    return GenerateSettings.of(JobArguments.parse(arguments));
  }
}
