package io.digflink.jobs.denoise;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  @Test
  void aHeldRequestInStateHasTheBytesOfVersion2() throws IOException {
    HeldRequest held =
        new HeldRequest(
            GoldenValues.admitted(),
            GoldenValues.DIGEST,
            5,
            List.of(
                new HeldImage(
                    1_795_819_461_022L, 3, GoldenValues.latent(), new float[] {1, 2, 3, 4}),
                new HeldImage(1_795_819_461_023L, 0, new float[] {5, 6, 7, 8}, null)));

    GoldenFiles.assertState(new HeldRequestSerializer(), held, "HeldRequest.v2.bin");
  }

  @Test
  void aRequestThatWaitsWithNoImageBegunHasTheBytesOfVersion2() throws IOException {
    HeldRequest waiting =
        new HeldRequest(GoldenValues.admitted(), GoldenValues.DIGEST, 0, List.of());

    GoldenFiles.assertState(new HeldRequestSerializer(), waiting, "HeldRequest.waiting.v2.bin");
  }
}
