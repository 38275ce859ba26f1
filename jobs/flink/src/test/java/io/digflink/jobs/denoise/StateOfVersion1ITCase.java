package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
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
    HeldPortion read = read("HeldRequest.v1.bin");

    assertThat(read.portion().requestId()).isEqualTo("r-1 \u00fc");
    assertThat(read.portion().source()).isEqualTo("dig.requests-1@170000000000");
    assertThat(read.portion().labels()).containsExactly(7, 7, 7, 7, 0, 0, 0, 0, 8, 8, 8, 8);
    assertThat(read.portion().latent()).isEqualTo(new LatentShape(2, 1, 2));
    assertThat(read.portion().admittedAt()).isEqualTo(ADMITTED);
    assertThat(read.portion().askedAt()).as("created_at of the request").isEqualTo(ADMITTED);
    assertThat(read.portion().tenant()).isEmpty();
    assertThat(read.portion().bundleDigest()).isEqualTo("0123456789abcdef".repeat(4));
    assertThat(read.portion().from()).isZero();
    assertThat(read.portion().to()).isEqualTo(12);
    assertThat(RecordCodec.of(GenerationRequest.class).decode(read.original()).getLabels())
        .containsExactly(7, 0);
    assertThat(read.next()).isEqualTo(5);
    assertThat(read.left()).as("images that had not left").isEqualTo(9);
    assertThat(read.images())
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactly(
            new HeldImage(
                3,
                1_795_819_461_022L,
                3,
                new float[] {-0f, Float.MIN_VALUE, -Float.MAX_VALUE, 0.1f},
                new float[] {1, 2, 3, 4}),
            new HeldImage(4, 1_795_819_461_023L, 0, new float[] {5, 6, 7, 8}, null));
  }

  @Test
  void aRequestWithNoImageBegunIsRead() throws IOException {
    HeldPortion read = read("HeldRequest.waiting.v1.bin");

    assertThat(read.next()).isZero();
    assertThat(read.images()).isEmpty();
    assertThat(read.portion().images()).isEqualTo(12);
    assertThat(read.left()).isEqualTo(12);
  }

  private HeldPortion read(String name) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/golden/state/" + name)) {
      return SimpleVersionedSerialization.readVersionAndDeSerialize(
          new HeldPortionSerializer(), in.readAllBytes());
    }
  }
}
