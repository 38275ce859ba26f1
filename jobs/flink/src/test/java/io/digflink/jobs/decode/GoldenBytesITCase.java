package io.digflink.jobs.decode;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  @Test
  void aLatentThatWaitsInStateHasTheBytesOfVersion3() throws IOException {
    GoldenFiles.assertState(new HandoverSerializer(), GoldenValues.handover(), "Handover.v3.bin");
  }

  @Test
  void aLatentOfVersion2IsRead() throws IOException {
    GoldenFiles.assertRead(
        new HandoverSerializer(),
        GoldenValues.handover(GoldenValues.admittedWithoutHeaders()),
        "Handover.v2.bin");
  }
}
