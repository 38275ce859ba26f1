package io.digflink.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.ShardLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DiskSpaceTest {
  /** 1,000 images of 32×32 pixels in an npz: 3,072,000 bytes. */
  private static final DatasetSettings NPZ =
      new DatasetSettings(
          "out",
          OutputFormat.NPZ,
          false,
          new DatasetInfo(new ShardLayout(1000, 1000), List.of(), false, 4, 8, 32, 32));

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @Test
  void unknownFreeSpaceIsOneWarningAndNoError() throws IOException {
    DiskSpace disk = disk(OptionalLong.empty());

    disk.checkBefore(1000);
    disk.checkBefore(1000);

    assertThat(output.toString(StandardCharsets.UTF_8))
        .containsOnlyOnce("Warning: the file system does not report its free space");
  }

  @Test
  void aDataSetThatDoesNotFitIsRefusedBeforeTheFirstImage() {
    DiskSpace disk = disk(OptionalLong.of(3_071_999));

    assertThatThrownBy(() -> disk.checkBefore(1000))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("found 3,071,999 bytes free where pixels and latents alone need")
        .hasMessageContaining("3,072,000: make room");
  }

  @Test
  void aDataSetThatFitsIsNotMentioned() throws IOException {
    disk(OptionalLong.of(3_072_000)).checkBefore(1000);

    assertThat(output.size()).isZero();
  }

  private DiskSpace disk(OptionalLong usable) {
    return new DiskSpace(() -> usable, NPZ, new PrintStream(output, true, StandardCharsets.UTF_8));
  }
}
