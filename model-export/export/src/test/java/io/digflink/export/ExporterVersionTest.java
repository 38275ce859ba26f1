package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExporterVersionTest {
  /** It is part of a bundle's bytes, and so of its digest. */
  @Test
  void theBuildHasFilledInTheVersion() {
    assertThat(ExporterVersion.get()).matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
  }
}
