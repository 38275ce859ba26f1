package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  private final HeldLatentSerializer serializer = new HeldLatentSerializer();

  @Test
  void aLatentThatWaitsInStateHasTheBytesOfVersion4() throws IOException {
    GoldenFiles.assertState(
        serializer,
        HeldLatent.of(GoldenValues.denoised(GoldenValues.admitted()), "r-1 \u00fc#3"),
        "HeldLatent.v4.bin");
  }

  @Test
  void aLatentOfVersion3IsReadWithItsNews() throws IOException {
    assertRead(GoldenValues.admitted(), "Handover.v3.bin");
  }

  @Test
  void aLatentOfVersion2IsReadWithItsNews() throws IOException {
    assertRead(GoldenValues.admittedWithoutHeaders(), "Handover.v2.bin");
  }

  private void assertRead(AdmittedRequest admitted, String name) throws IOException {
    HeldLatent read =
        SimpleVersionedSerialization.readVersionAndDeSerialize(serializer, GoldenFiles.read(name));

    EarlierNews end =
        new EarlierNews(
            admitted.id(),
            admitted.source(),
            RequestState.COMPLETED,
            12,
            12,
            null,
            null,
            GoldenValues.END,
            admitted.headers());
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("news.original")
        .isEqualTo(new HeldLatent(GoldenValues.denoised(admitted), admitted.id(), true, end));
    assertThat(RecordCodec.of(GenerationRequest.class).decode(read.news().original()))
        .isEqualTo(GoldenValues.request());
  }
}
