package io.digflink.synthesis.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.WorkFiles;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatasetCardTest {
  @Test
  void torchvisionsOwnReaderIsOnlyRecommendedWhereEveryClassHasAFolder() {
    assertThat(card(OutputFormat.IMAGEFOLDER, true, Set.of(0, 1, 2)))
        .contains("dataset = ImageFolder(\"images\")");
    assertThat(card(OutputFormat.IMAGEFOLDER, true, Set.of(0, 2)))
        .doesNotContain("dataset = ImageFolder(\"images\")")
        .contains("def find_classes(self, directory):");
  }

  @Test
  void theLabelOfUnconditionalImagesIsExplained() {
    assertThat(card(OutputFormat.WEBDATASET, true, Set.of(-1, 0, 1, 2)))
        .contains("An image without a class has the label -1.");
    assertThat(card(OutputFormat.WEBDATASET, true, Set.of(0, 1, 2)))
        .doesNotContain("without a class");
  }

  @Test
  void onlyFilesThatSayHowTheyWereMadeCanBeVerified() {
    assertThat(card(OutputFormat.PARQUET, true, Set.of(0, 1, 2))).contains("`dig verify FILE");
    assertThat(card(OutputFormat.PARQUET, false, Set.of(0, 1, 2))).doesNotContain("dig verify");
  }

  @Test
  void aClassNameCannotBreakTheTable() {
    assertThat(card(OutputFormat.PARQUET, true, Set.of(0, 1, 2))).contains("| a\\|b c | 7 |");
  }

  private static String card(OutputFormat format, boolean metadata, Set<Integer> labels) {
    ObjectNode model = WorkFiles.JSON.createObjectNode().put("name", "m").put("bundle_digest", "d");
    Manifest manifest =
        new Manifest(
            Manifest.FORMAT_VERSION, model, "s", model, 9, 0, Map.of("a|b\nc", 7L), List.of());
    DatasetInfo info =
        new DatasetInfo(new ShardLayout(9, 5), List.of("a", "b", "c"), false, 4, 2, 8, 8);
    return new DatasetCard(manifest, new DatasetSettings("x", format, metadata, info), labels)
        .text();
  }
}
