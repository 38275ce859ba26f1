package io.digflink.jobs.generate;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * Records between tasks. Unaligned checkpoints hold them as channel state: without a serializer's
 * snapshot and without a class name, but in these bytes.
 */
class GoldenBytesTest {
  @Test
  void recordsBetweenTasksHaveTheBytesOf010() throws IOException {
    GoldenFiles.assertRecord(
        IncomingRecord.class,
        new IncomingRecord(new byte[] {1, 2, 3}, "dig.requests-1@17", 1_795_819_461_022L),
        "channel.IncomingRecord.bin");
    GoldenFiles.assertRecord(
        AdmittedRequest.class, GoldenValues.admitted(), "channel.AdmittedRequest.bin");
    GoldenFiles.assertRecord(
        DenoisedImage.class, GoldenValues.denoised(), "channel.DenoisedImage.bin");
    GoldenFiles.assertRecord(
        GeneratedImage.class, GoldenValues.image(), "channel.GeneratedImage.bin");
    GoldenFiles.assertRecord(
        RequestProgress.class, GoldenValues.progress(), "channel.RequestProgress.bin");
    GoldenFiles.assertRecord(
        RejectedRequest.class, GoldenValues.reject(), "channel.RejectedRequest.bin");
  }

  /**
   * The snapshots hold class names, so a class that moves changes its file. No state of the job has
   * one: state is lists of byte arrays, and nothing is keyed. A file that differs for a move alone
   * may be written anew.
   */
  @Test
  void snapshotsOfTheirSerializersAreThoseOf010() throws IOException {
    GoldenFiles.assertSnapshot(IncomingRecord.class, "snapshot.IncomingRecord.bin");
    GoldenFiles.assertSnapshot(AdmittedRequest.class, "snapshot.AdmittedRequest.bin");
    GoldenFiles.assertSnapshot(DenoisedImage.class, "snapshot.DenoisedImage.bin");
    GoldenFiles.assertSnapshot(GeneratedImage.class, "snapshot.GeneratedImage.bin");
    GoldenFiles.assertSnapshot(RequestProgress.class, "snapshot.RequestProgress.bin");
    GoldenFiles.assertSnapshot(RejectedRequest.class, "snapshot.RejectedRequest.bin");
    GoldenFiles.assertSnapshot(byte[].class, "snapshot.state.bin");
  }
}
