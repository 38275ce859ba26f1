package io.digflink.jobs.decode;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  @Test
  void aLatentThatWaitsInStateHasTheBytesOfVersion2() throws IOException {
    GoldenFiles.assertState(new HandoverSerializer(), GoldenValues.handover(), "Handover.v2.bin");
  }
}
