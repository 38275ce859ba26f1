package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.IOException;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  private final HeldPortionSerializer serializer = new HeldPortionSerializer();

  @Test
  void aHeldPortionInStateHasTheBytesOfVersion4() throws IOException {
    List<HeldImage> images = images(4, 7); // 3, 5 and 6 have left, 8 has not begun
    GoldenFiles.assertState(
        serializer, new HeldPortion(GoldenValues.portion(), null, 8, images), "HeldPortion.v4.bin");
  }

  @Test
  void aPortionThatWaitsWithNoImageBegunHasTheBytesOfVersion4() throws IOException {
    GoldenFiles.assertState(
        serializer,
        new HeldPortion(GoldenValues.portion(), null, 3, List.of()),
        "HeldPortion.waiting.v4.bin");
  }

  @Test
  void requestsOfVersion3AreReadAsOnePortion() throws IOException {
    AdmittedRequest admitted = GoldenValues.admitted();

    assertRead(admitted, 5, images(3, 4), "HeldRequest.v3.bin");
    assertRead(admitted, 0, List.of(), "HeldRequest.waiting.v3.bin");
  }

  @Test
  void requestsOfVersion2AreReadAsOnePortion() throws IOException {
    AdmittedRequest admitted = GoldenValues.admittedWithoutHeaders();

    assertRead(admitted, 5, images(3, 4), "HeldRequest.v2.bin");
    assertRead(admitted, 0, List.of(), "HeldRequest.waiting.v2.bin");
  }

  private void assertRead(AdmittedRequest admitted, int begun, List<HeldImage> images, String name)
      throws IOException {
    HeldPortion read =
        SimpleVersionedSerialization.readVersionAndDeSerialize(serializer, GoldenFiles.read(name));

    Portion whole = Portion.of(admitted, GoldenValues.DIGEST, 0, 12);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("original")
        .isEqualTo(new HeldPortion(whole, null, begun, images));
    assertThat(RecordCodec.of(GenerationRequest.class).decode(read.original()))
        .isEqualTo(GoldenValues.request());
  }

  private static List<HeldImage> images(int moving, int begun) {
    return List.of(
        new HeldImage(
            moving, 1_795_819_461_022L, 3, GoldenValues.latent(), new float[] {1, 2, 3, 4}),
        new HeldImage(begun, 1_795_819_461_023L, 0, new float[] {5, 6, 7, 8}, null));
  }
}
