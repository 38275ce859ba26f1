package io.digflink.synthesis.format;

import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;

/** The writer of each format. */
public final class ShardFormats {
  private ShardFormats() {}

  /**
   * Opens the writer of a shard.
   *
   * @throws IllegalArgumentException for {@link OutputFormat#NPZ}, which is one file of all shards
   */
  public static ShardWriter open(OutputFormat format, WorkFiles files, DatasetInfo info, int shard)
      throws IOException {
    return switch (format) {
      case WEBDATASET -> new WebDatasetWriter(files, info, shard);
      case PARQUET -> new ParquetShardWriter(files, info, shard);
      case IMAGEFOLDER -> new ImageFolderWriter(files, info, shard);
      case NPZ -> throw new IllegalArgumentException("An npz has no shards: use NpzWriter");
    };
  }
}
