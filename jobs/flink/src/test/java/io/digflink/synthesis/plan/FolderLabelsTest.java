package io.digflink.synthesis.plan;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.TestManifests;
import io.digflink.synthesis.spec.SpecException;
import io.digflink.synthesis.spec.SpecReader;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FolderLabelsTest {
  private static final ModelManifest MODEL =
      TestManifests.named(
          "m", IntStream.range(0, 30).mapToObj(i -> "class " + i).toArray(String[]::new));

  @Test
  void imagesOfEveryClassFit() {
    assertThatCode(() -> check("{images: 30}")).doesNotThrowAnyException();
    assertThatCode(() -> check("{images: 1000, labels: balanced}")).doesNotThrowAnyException();
    assertThatCode(() -> check("{images_per_class: 1}")).doesNotThrowAnyException();
  }

  @Test
  void unconditionalImagesAloneFit() {
    assertThatCode(() -> check("{images: 5, labels: unconditional}")).doesNotThrowAnyException();
  }

  @Test
  void aClassWithoutImagesIsRefused() {
    assertThatThrownBy(() -> check("{images: 30, labels: {listed: [3, 7, 8]}}"))
        .isInstanceOf(SpecException.class)
        .hasMessage(
            "output.format is imagefolder, but there are no images of the classes 0, 1, 2, 4, 5,"
                + " 6, 9, 10, 11, 12, …: readers of image folders number the folders that they"
                + " find, so the images would get wrong labels. Take webdataset, parquet or npz,"
                + " or images of every class");
    assertThatThrownBy(() -> check("{images: 29}")).isInstanceOf(SpecException.class);
  }

  private static void check(String counts) throws Exception {
    String spec =
        "{model: m, samplers: [{name: ddim, steps: 5}], output: {format: imagefolder}, "
            + counts.substring(1);
    FolderLabels.check(SpecPlan.of(SpecReader.parse(spec, "spec"), MODEL), MODEL);
  }
}
