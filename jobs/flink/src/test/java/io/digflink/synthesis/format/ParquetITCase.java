package io.digflink.synthesis.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.WorkFiles;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Read by DuckDB, whose Parquet reader shares no code with our writer. */
class ParquetITCase {
  @TempDir private Path dataset;

  @Test
  void everyRowIsWhatWasGenerated() throws Exception {
    Shards.write(dataset, OutputFormat.PARQUET);

    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT image, label, \"index\", seed, sampler, steps, guidance, latent[64] AS last"
                    + " FROM '"
                    + dataset
                    + "/data/*.parquet' ORDER BY \"index\"")) {
      for (int i = 0; i < 8; i++) {
        assertThat(rows.next()).isTrue();
        Object[] image = ((Struct) rows.getObject("image")).getAttributes();
        Blob bytes = (Blob) image[0];
        assertThat(bytes.getBytes(1, (int) bytes.length())).isEqualTo(Samples.of(i).imageBytes());
        assertThat(image[1]).isEqualTo("00000" + i + ".png");
        assertThat(rows.getLong("label")).isEqualTo(i % 3);
        assertThat(rows.getLong("index")).isEqualTo(i);
        assertThat(rows.getLong("seed")).isEqualTo(1000 + i);
        assertThat(rows.getString("sampler")).isEqualTo("ddim");
        assertThat(rows.getInt("steps")).isEqualTo(50);
        assertThat(rows.getDouble("guidance")).isEqualTo(1.5);
        assertThat(rows.getFloat("last")).isEqualTo(i + 63 / 64f);
      }
      assertThat(rows.next()).isFalse();
    }
  }

  @Test
  void theColumnsHaveTheTypesThatDatasetsExpects() throws Exception {
    Shards.write(dataset, OutputFormat.PARQUET);

    assertThat(column("DESCRIBE SELECT * FROM '" + shard() + "'", "column_type"))
        .containsExactly(
            "STRUCT(bytes BLOB, path VARCHAR)",
            "BIGINT",
            "BIGINT",
            "BIGINT",
            "VARCHAR",
            "INTEGER",
            "DOUBLE",
            "FLOAT[]");
  }

  @Test
  void theMetadataNamesTheFeaturesAndClasses() throws Exception {
    Shards.write(dataset, OutputFormat.PARQUET);

    List<String> values =
        column(
            "SELECT decode(value) AS v FROM parquet_kv_metadata('"
                + shard()
                + "') WHERE decode(key) = 'huggingface'",
            "v");

    JsonNode features = WorkFiles.JSON.readTree(values.get(0)).at("/info/features");
    assertThat(features.at("/image/_type").asText()).isEqualTo("Image");
    assertThat(features.at("/label/_type").asText()).isEqualTo("ClassLabel");
    assertThat(features.at("/label/names").toString())
        .isEqualTo("[\"T-shirt/top\",\"Bag\",\"Ankle boot\"]");
    assertThat(features.at("/guidance/dtype").asText()).isEqualTo("float64");
  }

  @Test
  void rowGroupsAreBoundedByBytes() throws Exception {
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    byte[] file = new byte[4 << 20];
    new Random(1).nextBytes(file);
    try (ShardWriter writer = ShardFormats.open(OutputFormat.PARQUET, files, Shards.info(), 0)) {
      for (int i = 0; i < 40; i++) {
        writer.append(Samples.of(i, 1L << 60 | i, file));
      }
      writer.finish();
    }

    List<String> bytes =
        column(
            "SELECT DISTINCT row_group_id, row_group_bytes AS n FROM parquet_metadata('"
                + shard()
                + "') ORDER BY 1",
            "n");
    assertThat(bytes).hasSizeBetween(3, 4).allMatch(n -> Long.parseLong(n) <= 64 << 20);
    assertThat(column("SELECT sum(seed) AS s FROM '" + shard() + "'", "s"))
        .containsExactly(
            String.valueOf(BigInteger.valueOf(40L).shiftLeft(60).add(BigInteger.valueOf(780))));
  }

  @Test
  void theFooterNamesThisProgram() throws Exception {
    Shards.write(dataset, OutputFormat.PARQUET);

    assertThat(
            column(
                "SELECT decode(value) AS v FROM parquet_kv_metadata('"
                    + shard()
                    + "') WHERE decode(key) = 'writer.model.name'",
                "v"))
        .containsExactly("dig-flink");
  }

  private String shard() {
    return dataset + "/data/train-00000-of-00002.parquet";
  }

  private static List<String> column(String query, String name) throws Exception {
    List<String> values = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        values.add(rows.getString(name));
      }
    }
    return values;
  }
}
