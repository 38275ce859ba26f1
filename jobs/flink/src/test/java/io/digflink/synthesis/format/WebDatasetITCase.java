package io.digflink.synthesis.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.WorkFiles;
import io.digflink.tools.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WebDatasetITCase {
  @TempDir private Path dataset;

  @Test
  void tarListsTheMembersOfASampleOneAfterTheOther() throws Exception {
    String tar = Tool.require("tar");
    Shards.write(dataset, OutputFormat.WEBDATASET);

    String listing = Program.run(dataset, List.of(tar, "--utc", "-tvf", "data/train-00001.tar"));

    assertThat(listing.lines().map(line -> line.substring(line.lastIndexOf(' ') + 1)))
        .startsWith("000005.png", "000005.cls", "000005.json", "000005.latent.npy", "000006.png")
        .hasSize(12);
    assertThat(listing.lines()).allMatch(line -> line.contains("-rw-r--r-- 0/0"));
    assertThat(listing.lines()).allMatch(line -> line.contains("1970-01-01 00:00"));
  }

  @Test
  void tarExtractsWhatWasGenerated() throws Exception {
    String tar = Tool.require("tar");
    ShardWriter.Written written = Shards.write(dataset, OutputFormat.WEBDATASET).get(0);

    Program.run(dataset, List.of(tar, "-xf", written.file()));

    assertThat(dataset.resolve("000004.png")).hasBinaryContent(Samples.of(4).imageBytes());
    assertThat(dataset.resolve("000004.cls")).hasContent("1");
    JsonNode json = WorkFiles.JSON.readTree(dataset.resolve("000004.json").toFile());
    assertThat(json.get("seed").asLong()).isEqualTo(1004);
    assertThat(json.get("guidance").asDouble()).isEqualTo(1.5);
    assertThat(json.get("sha256").asText()).isEqualTo(Samples.of(4).image().getSha256());
  }

  /** Its readers expect the same members in every sample. */
  @Test
  void anUnconditionalImageHasALabelMemberToo() throws Exception {
    String tar = Tool.require("tar");
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    try (ShardWriter writer = ShardFormats.open(OutputFormat.WEBDATASET, files, Shards.info(), 0)) {
      writer.append(Samples.of(4));
      writer.append(Samples.unconditional(5));
      Program.run(dataset, List.of(tar, "-xf", writer.finish().file()));
    }

    assertThat(dataset.resolve("000004.cls")).hasContent("1");
    assertThat(dataset.resolve("000005.cls")).hasContent("-1");
    assertThat(dataset.resolve("000005.json")).content().contains("\"label\":null");
  }

  @Test
  void aSeedIsTextSinceReadersRoundLargeIntegers() throws Exception {
    String tar = Tool.require("tar");
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    try (ShardWriter writer = ShardFormats.open(OutputFormat.WEBDATASET, files, Shards.info(), 0)) {
      writer.append(Samples.of(0, Long.MAX_VALUE, new byte[] {1}));
      Program.run(dataset, List.of(tar, "-xf", writer.finish().file()));
    }

    assertThat(dataset.resolve("000000.json"))
        .content()
        .contains("\"seed\":\"9223372036854775807\"");
  }

  @Test
  void sizeAndDigestAreThoseOfTheFile() throws Exception {
    for (ShardWriter.Written written : Shards.write(dataset, OutputFormat.WEBDATASET)) {
      Path file = dataset.resolve(written.file());
      assertThat(Files.size(file)).isEqualTo(written.bytes());
      assertThat(DigestUtils.sha256Hex(Files.readAllBytes(file))).isEqualTo(written.sha256());
    }
  }
}
