package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes 1.4 GB. */
class LargeModelITCase {
  @TempDir Path directory;

  @Test
  void digXlIsExportedWithTwoGibibytesOfHeap() throws Exception {
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(2L << 30);
    BundleDirectory bundle =
        new Exporter(
                new ExportRequest(
                    Optional.empty(),
                    OptionalLong.of(1),
                    Optional.empty(),
                    directory.resolve("xl"),
                    Optional.empty(),
                    ExportRequest.WeightChoice.BEST,
                    Optional.of("DiG-XL/2"),
                    Optional.empty(),
                    Precision.FP16,
                    Optional.empty(),
                    List.of(),
                    false),
                line -> {})
            .export();

    assertThat(GraphSummary.of(bundle.denoiser()).parameters()).isEqualTo(675_953_952);
    assertThat(bundle.manifest().preset()).isEqualTo("DiG-XL/2");
  }
}
