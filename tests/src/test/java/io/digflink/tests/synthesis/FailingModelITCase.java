package io.digflink.tests.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.tests.support.FailingModels;
import io.digflink.tests.support.TestModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that fails on some images costs those images and no others. */
class FailingModelITCase {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int IMAGES = 40;
  private static final int FAILING_LABEL = 7;
  private static final int NPY_HEADER = 128;

  @TempDir private static Path directory;
  private static SortedMap<Long, JsonNode> healthy;

  @BeforeAll
  static void makeWithTheHealthyModel() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("healthy"));
    TestModels.exportPlain(folder.resolve("models"));
    SynthesizeProcess.start(spec(folder), folder.resolve("out"), 1).expect(0);
    healthy = rows(folder);
    assertThat(healthy).hasSize(IMAGES);
  }

  @Test
  void imagesThatTheDenoiserFailsOnAreListedAndAllOthersAreMade() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("denoiser"));
    FailingModels.exportFailingDenoiser(folder.resolve("models"), FAILING_LABEL);
    SortedSet<Long> failing = imagesOfTheFailingLabel();

    String output = SynthesizeProcess.start(spec(folder), folder.resolve("out"), 2).expect(3);

    check(folder, failing, "The denoiser fails on image 0, alone too: .*out of data bounds.*");
    assertThat(output).contains(failing.size() + " images failed: see");
    assertThat(SynthesizeProcess.start(spec(folder), folder.resolve("out"), 1).expect(3))
        .contains("is complete already");
  }

  private static SortedSet<Long> imagesOfTheFailingLabel() {
    SortedSet<Long> failing = new TreeSet<>();
    healthy.forEach(
        (index, row) -> {
          if (row.path("label").asInt() == FAILING_LABEL) {
            failing.add(index);
          }
        });
    return failing;
  }

  @Test
  void imagesThatAreNotFiniteAreListedAndAllOthersAreMade() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("not-finite"));
    FailingModels.exportNaNDenoiser(folder.resolve("models"), FAILING_LABEL);

    SynthesizeProcess.start(spec(folder), folder.resolve("out"), 1).expect(3);

    check(
        folder,
        imagesOfTheFailingLabel(),
        "Model plain gave values that are not finite for image 0 \\(denoiser, step 1 of 4\\): .*");
    assertThat(Files.readAllLines(folder.resolve("out/failed.jsonl")))
        .allMatch(line -> line.contains("\"reason\":\"NOT_FINITE\""));
  }

  @Test
  void imagesThatTheDecoderFailsOnAreListedAndAllOthersAreMade() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("decoder"));
    FailingModels.exportFailingDecoder(folder.resolve("models"));
    SortedSet<Long> failing = new TreeSet<>();
    for (long index : healthy.keySet()) {
      if (firstOfLatent(index) > 0) {
        failing.add(index);
      }
    }

    SynthesizeProcess.start(spec(folder), folder.resolve("out"), 1).expect(3);

    check(folder, failing, "The decoder fails on image 0, alone too: .*out of data bounds.*");
  }

  private static void check(Path folder, SortedSet<Long> failing, String message)
      throws IOException {
    assertThat(failing).isNotEmpty().hasSizeLessThan(IMAGES);
    SortedMap<Long, JsonNode> failed = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve("out/failed.jsonl"))) {
      JsonNode item = JSON.readTree(line);
      failed.put(item.path("index").asLong(), item);
    }
    assertThat(failed.keySet()).isEqualTo(failing);
    assertThat(failed.values())
        .allMatch(item -> item.path("images").asInt() == 1)
        .allMatch(item -> Pattern.matches("(?s)" + message, item.path("message").asText()));

    SortedMap<Long, JsonNode> expected = new TreeMap<>(healthy);
    expected.keySet().removeAll(failing);
    assertThat(rows(folder)).isEqualTo(expected);
    JsonNode manifest = JSON.readTree(folder.resolve("out/manifest.json").toFile());
    assertThat(manifest.path("images").asInt()).isEqualTo(expected.size());
    assertThat(manifest.path("failed").asInt()).isEqualTo(failing.size());
  }

  /** The lines of metadata.jsonl, which have the images' digests, by index. */
  private static SortedMap<Long, JsonNode> rows(Path folder) throws IOException {
    SortedMap<Long, JsonNode> rows = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve("out/images/metadata.jsonl"))) {
      JsonNode row = JSON.readTree(line);
      assertThat(row.path("sha256").asText()).hasSize(64);
      rows.put(row.path("index").asLong(), row);
    }
    return rows;
  }

  private static float firstOfLatent(long index) throws IOException {
    Path file = directory.resolve(String.format("healthy/out/latents/%06d.npy", index));
    return ByteBuffer.wrap(Files.readAllBytes(file))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getFloat(NPY_HEADER);
  }

  /** Without metadata, since images of different bundles are compared. */
  private static Path spec(Path folder) throws IOException {
    return Files.writeString(
        folder.resolve("spec.yaml"),
        """
        model: plain
        images: %d
        seed: 5
        samplers: [{name: ddim, steps: 4}]
        guidance: {scale: 2.0}
        image: {width: 32, height: 32}
        output: {format: imagefolder, shard_size: 16, latents: true, image_metadata: false}
        """
            .formatted(IMAGES));
  }
}
