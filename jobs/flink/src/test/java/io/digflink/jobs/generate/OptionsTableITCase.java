package io.digflink.jobs.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OptionsTableITCase {
  @Test
  void theReadmeHasTheTableOfTheDeclaredOptions() throws IOException {
    assertThat(Files.readString(Path.of("../README.md"))).contains(OptionsTable.markdown());
  }
}
