package io.digflink.synthesis.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.codec.digest.DigestUtils;

/** Compares the files of a finished data set with their digests. */
public final class DatasetCheck {
  private DatasetCheck() {}

  /**
   * Reads every file once.
   *
   * @param manifest the data set's manifest
   * @throws IOException naming the first file that is missing or not what was written
   */
  public static void verify(Path dataset, JsonNode manifest) throws IOException {
    if (manifest.at("/spec/output/format").asText().equals("imagefolder")) {
      verifyImageFolder(dataset.resolve("images"));
      return;
    }
    for (JsonNode shard : manifest.path("shards")) {
      verify(dataset.resolve(shard.path("file").asText()), shard.path("sha256").asText());
    }
  }

  private static void verifyImageFolder(Path images) throws IOException {
    try (MappingIterator<JsonNode> rows =
        WorkFiles.JSON
            .readerFor(JsonNode.class)
            .readValues(images.resolve("metadata.jsonl").toFile())) {
      while (rows.hasNext()) {
        JsonNode row = rows.next();
        verify(images.resolve(row.path("file_name").asText()), row.path("sha256").asText());
      }
    }
  }

  private static void verify(Path file, String sha256) throws IOException {
    String found =
        Files.exists(file) ? new DigestUtils("SHA-256").digestAsHex(file) : "no such file";
    if (!found.equals(sha256)) {
      throw new IOException(
          "Expected "
              + file
              + " with SHA-256 "
              + sha256
              + ", found "
              + found
              + ": the data set was changed after it was made; make it again in another"
              + " directory");
    }
  }
}
