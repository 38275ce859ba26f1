package io.digflink.jobs.decode;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesTest {
  @Test
  void aLatentThatWaitsInStateHasTheBytesOf010() throws IOException {
    GoldenFiles.assertState(
        new DenoisedImageSerializer(), GoldenValues.denoised(), "DenoisedImage.v1.bin");
  }
}
