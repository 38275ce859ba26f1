package io.digflink.synthesis.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The working directory of an unfinished data set, which a later release goes on with. */
class GoldenBytesITCase {
  private static final long FIRST = 5_000_000_000L;

  @TempDir private Path directory;

  @Test
  void aSpoolHasTheBytesOf010() throws IOException {
    Sample whole = new Sample(FIRST + 2, GoldenValues.image(), GoldenValues.latent());
    Sample withoutLatent = new Sample(FIRST, GoldenValues.image(), Sample.NO_LATENT);
    Path file = directory.resolve("new.spool");
    try (Spool spool = Spool.open(file, FIRST, 3)) {
      spool.append(whole);
      spool.append(withoutLatent);
    }
    GoldenFiles.assertUnchanged("00000.spool", Files.readAllBytes(file));

    Path old = Files.write(directory.resolve("old.spool"), GoldenFiles.read("00000.spool"));
    try (Spool spool = Spool.open(old, FIRST, 3)) {
      assertThat(spool.size()).isEqualTo(2);
      assertThat(spool.read(FIRST + 2)).usingRecursiveComparison().isEqualTo(whole);
      assertThat(spool.read(FIRST)).usingRecursiveComparison().isEqualTo(withoutLatent);
    }
  }

  @Test
  void theSmallFilesHaveTheNamesAndBytesOf010() throws IOException {
    ShardEntry entry =
        new ShardEntry(
            "shard-00007.tar",
            7_000,
            999,
            123_456_789_012L,
            GoldenValues.DIGEST,
            new TreeMap<>(Map.of(-1, 1, 3, 998)));
    FailedItem failure = new FailedItem(12, FIRST, 3, "OTHER", "why");
    WorkFiles files = new WorkFiles(directory);
    files.create();
    files.writeEntry(7, entry);
    files.writeFailure(failure);
    Path shard = files.work().resolve("shards/00007.json");
    Path failed = files.work().resolve("failed/005000000000-000000000012.json");
    GoldenFiles.assertUnchanged("shards-00007.json", Files.readAllBytes(shard));
    GoldenFiles.assertUnchanged("failed.json", Files.readAllBytes(failed));
    assertThat(files.spool(0)).isEqualTo(files.work().resolve("spool/00000.spool"));
    assertThat(files.rows(0)).isEqualTo(files.work().resolve("rows/00000.jsonl"));

    Files.write(shard, GoldenFiles.read("shards-00007.json"));
    Files.write(failed, GoldenFiles.read("failed.json"));
    assertThat(files.readEntry(7)).contains(entry);
    assertThat(files.readFailures()).containsExactly(failure);
  }

  @Test
  void anIdentityHasTheBytesOf010() throws IOException {
    ObjectNode identity = WorkFiles.JSON.createObjectNode();
    identity.putObject("spec").put("seed", 3).put("guidance", 1.5);
    identity.putObject("model").put("name", "m").put("digest", GoldenValues.DIGEST);
    try (OutputDirectory output = OutputDirectory.open(directory, identity)) {
      GoldenFiles.assertUnchanged("identity.json", Files.readAllBytes(output.files().identity()));
    }

    Files.write(new WorkFiles(directory).identity(), GoldenFiles.read("identity.json"));
    OutputDirectory.open(directory, identity).close();
  }
}
