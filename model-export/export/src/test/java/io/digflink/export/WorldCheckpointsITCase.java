package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.BundleDirectory;
import io.digflink.export.ExportRequest.WeightChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files as training scripts and libraries wrote them: what is accepted gives the output of the
 * control, and what is refused says why in one line.
 */
class WorldCheckpointsITCase {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "obj-device.pt",
        "obj-numpy-scalar.pt",
        "obj-numpy-rng.pt",
        "obj-posixpath.pt",
        "obj-datetime.pt",
        "obj-set.pt",
        "obj-bytes.pt",
        "obj-none-key.pt",
        "dig-model-ema.pt",
        "dig-ema-shadow.pt",
        "dig-no-pos-embed.pt"
      })
  void theWeightsAreFoundWhateverIsBesideThem(String name) throws Exception {
    Cases cases = new Cases(directory);
    BundleDirectory control = cases.export(Cases.file("dig-good.pt"), dig(), null);
    WeightChoice choice = name.contains("shadow") ? WeightChoice.MODEL : WeightChoice.BEST;
    BundleDirectory found =
        cases.export(Cases.file(name), dig(), null, choice, Optional.empty(), List.of());
    Cases.assertSameOutput(found, control);
  }

  @Test
  void whatIsFoundTakenAndIgnoredIsTold() throws Exception {
    Cases cases = new Cases(directory);
    cases.export(Cases.file("dig-model-ema.pt"), dig(), null);
    assertThat(cases.lines())
        .contains(
            "Taking the moving average (model_ema, 72 tensors); not taken: model, 72 tensors",
            "Assumed: hidden_act swish, if_in_block_conv false; no tensor shows it, change it in"
                + " --config");
    cases.export(Cases.file("obj-numpy-rng.pt"), dig(), null);
    assertThat(cases.lines()).contains("Ignored: opt; rng");
  }

  @Test
  void theOfficialRecipesAverageTakesAnySize() throws Exception {
    Cases cases = new Cases(directory);
    Path file = Cases.file("dig-train-ema-drift.pt");
    BundleDirectory any = cases.export(file, dig(), null);
    assertThat(any.manifest().latent().dynamicSize()).isTrue();
    assertThat(cases.lines()).contains("Ignored: opt");
    BundleDirectory large =
        cases.export(
            file, dig(), null, WeightChoice.EMA, Optional.of(new ImageSize(128, 128)), List.of());
    assertThat(large.manifest().latent().height()).isEqualTo(16);
    BundleDirectory trained =
        cases.export(
            file, dig(), null, WeightChoice.EMA, Optional.of(new ImageSize(64, 64)), List.of());
    Cases.assertSameOutput(trained, any); // both by the formula
  }

  @Test
  void shardsOfTorchSaveAreRead() throws Exception {
    Cases cases = new Cases(directory);
    BundleDirectory control = cases.export(Cases.file("dit-good.pt"), dit(), null);
    Path index = Cases.file("bin-shards/pytorch_model.bin.index.json");
    Cases.assertSameOutput(cases.export(index, dit(), null), control);
    Cases.assertSameOutput(cases.export(Cases.file("bin-shards"), dit(), null), control);
  }

  @Test
  void sizesComeFromTheTensorsBeforeTheArguments() throws Exception {
    Cases cases = new Cases(directory);
    BundleDirectory pixels =
        cases.export(Cases.file("dig-cifar10.pt"), Cases.config("cifar.json"), null);
    assertThat(pixels.manifest().latent().channels()).isEqualTo(3);
    assertThat(pixels.manifest().latent().height()).isEqualTo(32);
    assertThat(pixels.manifest().classes().count()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "dit-good.pt, dit-noheads.json, num_heads cannot be seen in a DiT's tensors",
    "dig-good.pt, dig-noquad.json, if_quad_dir cannot be seen in a DiG's tensors",
    "dig-good.pt, dit.json, The checkpoint's tensors are those of a DiG",
    "dig-dtensor.pt, dig.json, The weights are sharded over processes: save them whole",
    "dit-legacy.pt, dit.json, is in the format of PyTorch before 1.6"
  })
  void whatCannotBeGuessedIsAskedForInOneLine(String file, String config, String message) {
    assertThatThrownBy(
            () -> new Cases(directory).export(Cases.file(file), Cases.config(config), null))
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aTableWithoutANullRowIsNotTakenForOneSilently() throws Exception {
    Cases cases = new Cases(directory);
    Map<String, Object> config = Cases.config("nodropout.json");
    BundleDirectory assumed = cases.export(Cases.file("dit-nodropout.pt"), config, null);
    assertThat(assumed.manifest().classes().count()).isEqualTo(3);
    assertThat(cases.lines())
        .anyMatch(
            line -> line.startsWith("Assumed: 3 classes and the null class, from the 4 rows"));

    config.put("num_classes", 4);
    BundleDirectory told = cases.export(Cases.file("dit-nodropout.pt"), config, null);
    assertThat(told.manifest().classes().nullClass()).isNull();
    assertThat(cases.lines()).anyMatch(line -> line.startsWith("Assumed: no null class"));
  }

  @Test
  void aBareCheckpointIsToldTheModelWhoseSizesItHas() {
    assertThatThrownBy(() -> new Cases(directory).export(Cases.file("dit-good.pt"), null, null))
        .hasMessageContaining("does not say which model it belongs to")
        .hasMessageContaining("give --model with a preset's name, DiG-S/2");
  }

  private static Map<String, Object> dig() throws Exception {
    return Cases.config("dig.json");
  }

  private static Map<String, Object> dit() throws Exception {
    return Cases.config("dit.json");
  }
}
