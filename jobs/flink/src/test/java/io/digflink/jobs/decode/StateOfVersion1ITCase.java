package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.junit.jupiter.api.Test;

/** What release 0.1.0 wrote into the state of Decode. */
class StateOfVersion1ITCase {
  private static final long ADMITTED = Instant.parse("2026-11-27T22:44:21.022Z").toEpochMilli();

  @Test
  void aLatentThatWaitsIsReadWithTheEndOfItsRequest() throws IOException {
    byte[] bytes;
    try (InputStream in = getClass().getResourceAsStream("/golden/state/DenoisedImage.v1.bin")) {
      bytes = in.readAllBytes();
    }

    HeldLatent read =
        SimpleVersionedSerialization.readVersionAndDeSerialize(new HeldLatentSerializer(), bytes);

    assertThat(read.image().header())
        .isEqualTo(
            new ImageHeader(
                "r-1 \u00fc",
                "dig.requests-1@170000000000",
                11,
                12,
                "fashion-dig",
                null,
                8,
                -7_000_000_000L,
                "ddim",
                25,
                "ddim",
                0.5,
                3.5,
                "ALL",
                0.1,
                0.9,
                new LatentShape(2, 1, 2),
                "jpeg",
                80,
                ADMITTED,
                ADMITTED,
                ADMITTED + 5,
                ADMITTED + 600,
                IncomingRecord.NO_HEADERS));
    assertThat(read.image().latent()).containsExactly(-0f, Float.MIN_VALUE, -Float.MAX_VALUE, 0.1f);
    assertThat(read.isOfEarlierRelease()).isTrue();
    assertThat(read.key()).as("decides on the subtask").isEqualTo("r-1 \u00fc");
    assertThat(read.news().state()).isEqualTo(RequestState.COMPLETED);
    assertThat(read.news().imagesDone()).isEqualTo(12);
    assertThat(RecordCodec.of(GenerationRequest.class).decode(read.news().original()).getSeed())
        .isEqualTo(-7_000_000_000L);
  }
}
