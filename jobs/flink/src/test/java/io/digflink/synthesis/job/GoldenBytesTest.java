package io.digflink.synthesis.job;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesTest {
  @Test
  void outcomesBetweenTasksHaveTheBytesOf010() throws IOException {
    GoldenFiles.assertRecord(
        Outcome.class,
        Outcome.latent(3, 5_000_000_000L, GoldenValues.latent()),
        "channel.Outcome.latent.bin");
    GoldenFiles.assertRecord(
        Outcome.class,
        Outcome.image(3, 5_000_000_000L, new byte[] {1, 2, 3}),
        "channel.Outcome.image.bin");
    GoldenFiles.assertRecord(
        Outcome.class,
        Outcome.failure(3, 5_000_000_000L, 2, "OTHER", "why"),
        "channel.Outcome.failure.bin");
    GoldenFiles.assertSnapshot(Outcome.class, "snapshot.Outcome.bin");
  }
}
