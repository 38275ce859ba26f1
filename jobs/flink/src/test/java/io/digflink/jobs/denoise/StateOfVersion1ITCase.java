package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.runtime.sampling.LatentShape;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.junit.jupiter.api.Test;

/** What release 0.1.0 wrote into the state of Denoise. */
class StateOfVersion1ITCase {
  private static final long ADMITTED = Instant.parse("2026-11-27T22:44:21.022Z").toEpochMilli();

  @Test
  void aRequestInFlightIsRead() throws IOException {
    HeldRequest read = read("HeldRequest.v1.bin");

    assertThat(read.admitted().id()).isEqualTo("r-1 \u00fc");
    assertThat(read.admitted().source()).isEqualTo("dig.requests-1@170000000000");
    assertThat(read.admitted().labels()).containsExactly(7, 0, 8);
    assertThat(read.admitted().latent()).isEqualTo(new LatentShape(2, 1, 2));
    assertThat(read.admitted().admittedAt()).isEqualTo(ADMITTED);
    assertThat(read.admitted().askedAt()).as("created_at of the request").isEqualTo(ADMITTED);
    assertThat(read.bundleDigest()).isEqualTo("0123456789abcdef".repeat(4));
    assertThat(read.begun()).isEqualTo(5);
    assertThat(read.images())
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactly(
            new HeldImage(
                1_795_819_461_022L,
                3,
                new float[] {-0f, Float.MIN_VALUE, -Float.MAX_VALUE, 0.1f},
                new float[] {1, 2, 3, 4}),
            new HeldImage(1_795_819_461_023L, 0, new float[] {5, 6, 7, 8}, null));
  }

  @Test
  void aRequestWithNoImageBegunIsRead() throws IOException {
    HeldRequest read = read("HeldRequest.waiting.v1.bin");

    assertThat(read.begun()).isZero();
    assertThat(read.images()).isEmpty();
    assertThat(read.admitted().images()).isEqualTo(12);
  }

  private HeldRequest read(String name) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/golden/state/" + name)) {
      return SimpleVersionedSerialization.readVersionAndDeSerialize(
          new HeldRequestSerializer(), in.readAllBytes());
    }
  }
}
