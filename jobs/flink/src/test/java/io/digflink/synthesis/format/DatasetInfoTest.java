package io.digflink.synthesis.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.bundle.ModelManifest;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatasetInfoTest {
  @Test
  void classesOfOneNameAreToldApartByTheirLabels() {
    ModelManifest.Classes classes =
        new ModelManifest.Classes(4, List.of("crane", "T-shirt, top", "crane", "unconditional"), 4);

    assertThat(DatasetInfo.classNames(classes))
        .containsExactly("crane (0)", "T-shirt, top", "crane (2)", "unconditional (3)");
  }

  @Test
  void classesWithoutNamesAreCalledByTheirLabels() {
    assertThat(DatasetInfo.classNames(new ModelManifest.Classes(3, null, null)))
        .containsExactly("0", "1", "2");
    assertThat(DatasetInfo.classNames(null)).isEmpty();
  }
}
