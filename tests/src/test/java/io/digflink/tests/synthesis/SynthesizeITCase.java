package io.digflink.tests.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.tests.support.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code dig synthesize} as users do: as a process that can be killed. */
class SynthesizeITCase {
  private static Path directory;

  @BeforeAll
  static void exportModel(@TempDir Path temporary) throws IOException {
    directory = temporary;
    TestModels.exportPlain(temporary.resolve("models"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"webdataset", "parquet", "npz"})
  void killedAndStartedAgainAtAnotherParallelismTheDirectoryIsTheSame(String format)
      throws Exception {
    Path spec = spec(format, "60", "");
    Path undisturbed = directory.resolve(format);
    Path killed = directory.resolve(format + "-killed");

    // Images and latents come to the shards over two edges, in any order.
    assertThat(SynthesizeProcess.start(spec, undisturbed, 1).expect(0)).doesNotContain("failed");
    SynthesizeProcess first = SynthesizeProcess.start(spec, killed, 1);
    first.killWhen(() -> hasSpool(killed));
    assertThat(killed.resolve("manifest.json")).doesNotExist();
    String output = SynthesizeProcess.start(spec, killed, 2).expect(0);

    assertThat(output).contains("of 60 images are there already");
    assertThat(digests(killed)).isEqualTo(digests(undisturbed));
    assertThat(digests(killed)).containsKeys("manifest.json", "README.md", "contact-sheet.png");
  }

  @Test
  void imagesThatCannotBeMadeAreListedAndTheExitCodeSaysSo() throws Exception {
    // Scales near the greatest float make some latents infinite.
    Path spec = spec("webdataset", "10", "guidance: {from: 1.0, to: 1.0e+39}\n");
    Path out = directory.resolve("failed");

    String output = SynthesizeProcess.start(spec, out, 1).expect(3);

    List<String> failed = Files.readAllLines(out.resolve("failed.jsonl"));
    assertThat(failed).isNotEmpty().allMatch(line -> line.contains("\"reason\":\"NOT_FINITE\""));
    assertThat(output).contains(failed.size() + " images failed: see");
    assertThat(Files.readString(out.resolve("manifest.json")))
        .contains("\"failed\" : " + failed.size())
        .contains("\"images\" : " + (10 - failed.size()));
  }

  @Test
  void aCompleteDataSetIsVerifiedAndAnotherSpecificationRefused() throws Exception {
    Path spec = spec("parquet", "10", "");
    Path out = directory.resolve("complete");
    SynthesizeProcess.start(spec, out, 1).expect(0);

    assertThat(SynthesizeProcess.start(spec, out, 1).expect(0)).contains("is complete already");
    assertThat(SynthesizeProcess.start(spec("parquet", "11", ""), out, 1).expect(1))
        .contains("spec.images: 10 there, 11 here");

    Path shard = out.resolve("data/train-00000-of-00001.parquet");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[100] ^= 1;
    Files.write(shard, bytes);
    assertThat(SynthesizeProcess.start(spec("parquet", "10", ""), out, 1).expect(1))
        .contains("train-00000-of-00001.parquet with SHA-256");
  }

  private static Path spec(String format, String images, String more) throws IOException {
    return Files.writeString(
        directory.resolve(format + "-" + images + "-" + more.length() + ".yaml"),
        """
        model: plain
        images: %s
        seed: 3
        samplers: [{name: ddim, steps: 4}, {name: dpm++, steps: 3}]
        image: {width: 32, height: 32}
        output: {format: %s, shard_size: 25, latents: true}
        %s"""
            .formatted(images, format, more));
  }

  private static boolean hasSpool(Path dataset) {
    Path spools = dataset.resolve(".synthesis/spool");
    if (!Files.isDirectory(spools)) {
      return false;
    }
    try (Stream<Path> files = Files.list(spools)) {
      return files.anyMatch(file -> file.toFile().length() > 0);
    } catch (IOException e) {
      return false;
    }
  }

  private static SortedMap<String, String> digests(Path dataset) throws IOException {
    SortedMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(dataset)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        digests.put(
            dataset.relativize(file).toString(), DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return digests;
  }
}
