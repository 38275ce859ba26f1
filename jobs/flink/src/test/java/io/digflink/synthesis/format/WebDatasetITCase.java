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

  @Test
  void sizeAndDigestAreThoseOfTheFile() throws Exception {
    for (ShardWriter.Written written : Shards.write(dataset, OutputFormat.WEBDATASET)) {
      Path file = dataset.resolve(written.file());
      assertThat(Files.size(file)).isEqualTo(written.bytes());
      assertThat(DigestUtils.sha256Hex(Files.readAllBytes(file))).isEqualTo(written.sha256());
    }
  }
}
