package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.jobs.request.AdmittedRequest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  @Test
  void aHeldRequestInStateHasTheBytesOfVersion3() throws IOException {
    GoldenFiles.assertState(
        new HeldRequestSerializer(), moving(GoldenValues.admitted()), "HeldRequest.v3.bin");
  }

  @Test
  void aRequestThatWaitsWithNoImageBegunHasTheBytesOfVersion3() throws IOException {
    GoldenFiles.assertState(
        new HeldRequestSerializer(),
        waiting(GoldenValues.admitted()),
        "HeldRequest.waiting.v3.bin");
  }

  @Test
  void requestsOfVersion2AreRead() throws IOException {
    AdmittedRequest admitted = GoldenValues.admittedWithoutHeaders();

    GoldenFiles.assertRead(new HeldRequestSerializer(), moving(admitted), "HeldRequest.v2.bin");
    GoldenFiles.assertRead(
        new HeldRequestSerializer(), waiting(admitted), "HeldRequest.waiting.v2.bin");
  }

  private static HeldRequest moving(AdmittedRequest admitted) {
    return new HeldRequest(
        admitted,
        GoldenValues.DIGEST,
        5,
        List.of(
            new HeldImage(1_795_819_461_022L, 3, GoldenValues.latent(), new float[] {1, 2, 3, 4}),
            new HeldImage(1_795_819_461_023L, 0, new float[] {5, 6, 7, 8}, null)));
  }

  private static HeldRequest waiting(AdmittedRequest admitted) {
    return new HeldRequest(admitted, GoldenValues.DIGEST, 0, List.of());
  }
}
