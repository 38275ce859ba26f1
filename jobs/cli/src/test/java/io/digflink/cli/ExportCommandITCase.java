package io.digflink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandITCase {
  private static final String TINY =
      "{\"depth\": 2, \"hidden_size\": 32, \"num_heads\": 2, \"input_size\": 8, \"num_classes\": 3}";

  private static final String VAE =
      "{\"latent_channels\": 4, \"block_out_channels\": [8, 16], \"norm_num_groups\": 4}";

  private static final Path GOLDEN =
      Path.of(System.getProperty("dig.home"))
          .resolve("model-export/export/src/test/resources/golden/dit");

  private static final Path NAN = GOLDEN.resolveSibling("../checkpoints").normalize();

  @TempDir Path directory;
  private Path out;
  private Path config;

  /** What a command printed. */
  private record Ran(int exitCode, String out, String err) {}

  @BeforeEach
  void writeConfig() throws IOException {
    out = directory.resolve("models").resolve("tiny");
    config = Files.writeString(directory.resolve("config.json"), TINY);
  }

  @Test
  void aBundleOfRandomWeightsTellsWhatItIs() throws IOException {
    Path names = Files.writeString(directory.resolve("names.txt"), "shirt\n\ntrouser\nboot\n");
    Ran ran = exportTiny("--precision", "fp16", "--class-names", names.toString());

    assertThat(ran.err()).isEmpty();
    assertThat(ran.exitCode()).isZero();
    ModelManifest manifest = BundleDirectory.open(out).manifest();
    assertThat(ran.out()).contains("Bundle " + out + ", digest ");
    assertThat(manifest.name()).isEqualTo("tiny");
    assertThat(manifest.architecture()).isEqualTo("DiG");
    assertThat(manifest.preset()).isNull();
    assertThat(manifest.classes().names()).containsExactly("shirt", "trouser", "boot");
    assertThat(manifest.classes().nullClass()).isEqualTo(3);
    assertThat(manifest.latent()).isEqualTo(new ModelManifest.Latent(4, 8, 8, true, 2));
    assertThat(manifest.config()).containsEntry("hidden_size", 32).containsEntry("expand_k", 0.5);
    assertThat(manifest.checkpointSha256()).isNull();
    assertThat(manifest.files().keySet()).containsExactly("denoiser.onnx", "denoiser.onnx.data");
  }

  @Test
  void theSameSeedGivesTheSameBundle() throws IOException {
    exportTiny();
    String first = BundleDirectory.open(out).digest();
    assertThat(exportTiny("--force").exitCode()).isZero();
    assertThat(BundleDirectory.open(out).digest()).isEqualTo(first);
  }

  @Test
  void aFixedSizeIsGivenInImagePixels() throws IOException {
    assertThat(exportTiny("--size", "64x128").exitCode()).isZero();
    assertThat(BundleDirectory.open(out).manifest().latent())
        .isEqualTo(new ModelManifest.Latent(4, 8, 16, false, 2));
  }

  @Test
  void aSizeThatIsNoMultipleOfATokenIsRefused() {
    assertFails(
        exportTiny("--size", "60"),
        "--size is 60x60 pixels; expected multiples of 16 (8 pixels per latent cell, 2 cells"
            + " per token)");
    assertFails(exportTiny("--size", "8 by 8"), "expected pixels as 256 or HEIGHTxWIDTH");
  }

  @Test
  void aModelThatTransposesItsOutputHasSquareSizesOnly() throws IOException {
    Files.writeString(config, TINY.replace("}", ", \"if_quad_dir\": true}"));
    assertFails(
        exportTiny("--size", "64x128"),
        "With if_quad_dir and a depth of 2 the model's output is transposed, so --size must"
            + " be square; found 4×8 tokens");
  }

  @Test
  void aRandomDecoderNeedsItsConfigurationOnly() throws IOException {
    Path vae = Files.writeString(directory.resolve("vae.json"), VAE);
    assertThat(exportTiny("--vae", vae.toString(), "--precision", "fp16").err()).isEmpty();
    ModelManifest manifest = BundleDirectory.open(out).manifest();
    assertThat(manifest.image()).isEqualTo(new ModelManifest.Image(2, 3));
    assertThat(manifest.files()).containsKeys("decoder.onnx", "decoder.onnx.data");
    assertThat(run("inspect", out.toString()).out())
        .contains("latent float [N, 4, H, W]")
        .contains("image float [N, 3, imageH, imageW]");

    Files.writeString(vae, VAE.replace("\"latent_channels\": 4", "\"latent_channels\": 8"));
    assertFails(
        exportTiny("--vae", vae.toString(), "--force"),
        "The denoiser's latents have 4 channels, the decoder's 8");

    Path saved = Files.createDirectories(directory.resolve("vae"));
    Files.writeString(saved.resolve("config.json"), VAE);
    assertThat(exportTiny("--vae", saved.toString(), "--force").err()).isEmpty();
    Files.delete(saved.resolve("config.json"));
    assertFails(exportTiny("--vae", saved.toString(), "--force"), saved + " has no weights");
  }

  @Test
  void anExistingBundleStaysUnlessForced() throws IOException {
    exportTiny();
    String digest = BundleDirectory.open(out).digest();
    Ran again = exportTiny("--precision", "fp16");
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("has a bundle already; give --force to replace it");
    assertThat(BundleDirectory.open(out).digest()).isEqualTo(digest);
  }

  @Test
  void aDirectoryOfOtherFilesIsNeverReplaced() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("thesis.txt"), "precious");
    Ran ran = exportTiny("--force");
    assertThat(ran.err()).contains("is a directory with other files; give another --out");
    assertThat(out.resolve("thesis.txt")).hasContent("precious");
  }

  @Test
  void aFailedExportKeepsTheOldBundleAndLeavesNothingElse() throws IOException {
    exportTiny();
    String digest = BundleDirectory.open(out).digest();
    Files.writeString(config, TINY.replace("\"num_heads\": 2", "\"num_heads\": 5"));
    Ran ran = exportTiny("--force");
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains("expected a positive multiple of num_heads 5");
    assertThat(BundleDirectory.open(out).digest()).isEqualTo(digest);
    assertThat(out.getParent()).isDirectoryContaining(path -> path.equals(out));
    try (var files = Files.list(out.getParent())) {
      assertThat(files).containsExactly(out);
    }
  }

  @Test
  void aCheckpointThatDoesNotFitItsModelIsExplained() {
    // The reference cases are smaller than the preset that their training arguments name.
    Ran ran = run("export", GOLDEN.resolve("checkpoint.pt").toString(), "--out", out.toString());
    assertFails(ran, "The checkpoint does not fit DiT-S/2");
    assertThat(ran.err())
        .contains("blocks.0.attn.qkv.weight has another shape: expected [1152, 384], found")
        .contains("--config");
  }

  @Test
  void tensorsLeftOverAreNamed() throws IOException {
    Path shallow = directory.resolve("shallow.json");
    String json = Files.readString(GOLDEN.resolve("config.json"));
    Files.writeString(shallow, json.replace("\"depth\": 3", "\"depth\": 2"));
    Ran ran =
        run(
            "export",
            GOLDEN.resolve("checkpoint.pt").toString(),
            "--config",
            shallow.toString(),
            "--out",
            out.toString());
    assertFails(
        ran, "blocks.2.attn.qkv.weight is left over: expected no such tensor, found [192, 64]");
  }

  @Test
  void wrongCommandLinesSayWhatIsExpected() throws IOException {
    assertFails(run("export", "--out", out.toString()), "Give either a checkpoint or");
    assertFails(
        run("export", "model.pt", "--random-weights", "1", "--out", out.toString()), "not both");
    assertFails(run("export", "--random-weights", "1", "--out", out.toString()), "give --model");
    assertFails(
        run("export", "--random-weights", "1", "--model", "UNet", "--out", out.toString()),
        "There is no model \"UNet\"; expected one of DiG-S/2, ");
    assertFails(
        run("export", directory.resolve("no.pt").toString(), "--out", out.toString()), "no.pt");
    Path names = Files.writeString(directory.resolve("names.json"), "[\"one\"]");
    assertFails(
        exportTiny("--class-names", names.toString()),
        "--class-names has 1 names; expected one for each of the model's 3 classes");
    assertThat(run("export", "--precision", "int8").err())
        .contains("expected fp32, fp16 or fp8, found int8");
    Files.writeString(config, "{\"depht\": 2}");
    assertFails(exportTiny(), "DiG has no argument depht");
    Files.writeString(config, "[]");
    assertFails(exportTiny(), "is not a JSON object of constructor arguments");
  }

  @Test
  void inspectShowsAndVerifiesABundle() throws IOException {
    exportTiny();
    Ran ran = run("inspect", out.toString());
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out())
        .contains("digest                   " + BundleDirectory.open(out).digest())
        .contains("verified")
        .contains("latent float [N, 4, H, W]")
        .contains("output float [N, 8, H, W]")
        .contains("dig.GatedLinearAttention (direction 1) 1")
        .contains("multiply_adds 64x64");

    JsonNode json =
        new JsonMapper().readTree(run("inspect", out.toString(), "--json", "--size", "128").out());
    assertThat(json.path("denoiser").path("multiply_adds 128x128").asLong()).isPositive();
    assertThat(json.path("denoiser").path("opsets").path("dig").asInt()).isEqualTo(1);
  }

  @Test
  void inspectNamesADamagedFile() throws IOException {
    exportTiny();
    byte[] data = Files.readAllBytes(out.resolve("denoiser.onnx.data"));
    data[100] ^= 1;
    Files.write(out.resolve("denoiser.onnx.data"), data);
    assertFails(run("inspect", out.toString()), "denoiser.onnx.data is damaged");
    assertFails(run("inspect", directory.toString()), "is not a model bundle");
  }

  @Test
  void inspectSaysWhereEveryTensorWent() throws IOException {
    Path vae = Files.writeString(directory.resolve("vae.json"), VAE);
    exportTiny("--vae", vae.toString());
    assertThat(run("inspect", out.toString()).out())
        .contains(
            "blocks.*.attn.q_proj.weight [16, 32] → denoiser.onnx /blocks.*/attn/packed/weight"
                + " float [32, 112] (2 alike)")
        .contains("pos_embed [1, 16, 32] → not stored: computed for each size")
        .contains("decoder.conv_in.weight [16, 4, 3, 3] → decoder.onnx /decoder/conv_in/weight");
    JsonNode tensors =
        new JsonMapper().readTree(run("inspect", out.toString(), "--json").out()).path("tensors");
    assertThat(tensors.path("blocks.1.adaLN_modulation.1.bias [192]").asText())
        .isEqualTo("denoiser.onnx /adaLN_modulation/bias float [448]");
  }

  @Test
  void aDryRunChecksEverythingAndWritesNothing() throws IOException {
    String checkpoint = GOLDEN.resolve("checkpoint.pt").toString();
    String arguments = GOLDEN.resolve("config.json").toString();
    Ran ran = run("export", checkpoint, "--config", arguments, "--dry-run");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out())
        .contains("Taking the moving average (ema, ")
        .contains("The export would write 1.1 MB of weights. Nothing was written");
    assertThat(out).doesNotExist();
    assertFails(
        run("export", checkpoint, "--config", arguments),
        "Missing required option: '--out=DIR' (or give --dry-run)");
    assertFails(run("export", checkpoint, "--dry-run"), "The checkpoint does not fit DiT-S/2");
    Path nan = NAN.resolve("dit-nan.pt");
    assertFails(
        run("export", nan.toString(), "--config", NAN.resolve("dit.json").toString(), "--dry-run"),
        "has the element NaN");
  }

  @Test
  void aMisfitIsExplainedInFiveLinesTheCauseFirst() {
    String checkpoint = GOLDEN.resolve("checkpoint.pt").toString();
    for (String model : new String[] {"DiT-S/2", "DiT-XL/8"}) {
      Ran ran = run("export", checkpoint, "--model", model, "--out", out.toString());
      assertFails(ran, "The checkpoint does not fit " + model + " (its ");
      assertThat(ran.err()).contains("hidden_size is 64, not ").contains("depth is 3, not ");
      assertThat(ran.err().lines().filter(line -> !line.startsWith("The whole log")).count())
          .isLessThanOrEqualTo(5);
    }
  }

  private Ran exportTiny(String... more) {
    String[] arguments = {
      "export", "--random-weights", "7", "--config", config.toString(), "--out", out.toString()
    };
    String[] all = new String[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return run(all);
  }

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Dig.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  private void assertFails(Ran ran, String message) {
    assertThat(ran.exitCode()).isNotZero();
    assertThat(ran.err()).contains(message);
    assertThat(ran.err()).doesNotContain("Exception");
  }
}
