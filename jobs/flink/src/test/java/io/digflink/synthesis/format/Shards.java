package io.digflink.synthesis.format;

import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Shards of {@link Samples} for the tests of the formats. */
final class Shards {
  static final List<String> CLASSES = List.of("T-shirt/top", "Bag", "Ankle boot");

  private Shards() {}

  /** Two shards of 5 and 3 images. */
  static DatasetInfo info() {
    return new DatasetInfo(new ShardLayout(8, 5), CLASSES, true, 4, 2, Samples.SIDE, Samples.SIDE);
  }

  /** Writes both shards. */
  static List<ShardWriter.Written> write(Path dataset, OutputFormat format) throws IOException {
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    return List.of(write(files, format, 0, 0, 5), write(files, format, 1, 5, 8));
  }

  private static ShardWriter.Written write(
      WorkFiles files, OutputFormat format, int shard, int from, int to) throws IOException {
    try (ShardWriter writer = ShardFormats.open(format, files, info(), shard)) {
      for (int i = from; i < to; i++) {
        writer.append(Samples.of(i));
      }
      return writer.finish();
    }
  }

  /** Writes all images into an npz. */
  static List<ShardWriter.Written> writeNpz(Path dataset) throws IOException {
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    try (NpzWriter writer = new NpzWriter(files, info(), 8)) {
      for (int i = 0; i < 8; i++) {
        writer.append(Samples.of(i));
      }
      return writer.finish();
    }
  }
}
