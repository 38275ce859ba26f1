package io.digflink.synthesis.dataset;

import io.digflink.synthesis.format.ShardFormats;
import io.digflink.synthesis.format.ShardWriter;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.ShardEntry;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.Spool;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.BitSet;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns the spool of a shard into its files: samples in order of their indices, one in memory at a
 * time. Interrupted at any moment and done again it leaves the same files.
 */
public final class ShardAssembler {
  private final DatasetSettings settings;
  private final WorkFiles files;

  public ShardAssembler(DatasetSettings settings) {
    this.settings = settings;
    this.files = settings.files();
  }

  /** Whether a shard's spool becomes files of its own, before the data set is complete. */
  public boolean hasShards() {
    return settings.format() != OutputFormat.NPZ;
  }

  /** Opens the spool of a shard. */
  public Spool openSpool(int shard) throws IOException {
    ShardLayout layout = settings.layout();
    return Spool.open(files.spool(shard), layout.first(shard), layout.capacity(shard));
  }

  /** Which images of a shard need not be made any more; counted from its first one. */
  public BitSet done(int shard) throws IOException {
    ShardLayout layout = settings.layout();
    if (files.readEntry(shard).isEmpty()) {
      return Spool.peek(files.spool(shard), layout.first(shard), layout.capacity(shard));
    }
    BitSet all = new BitSet();
    all.set(0, layout.capacity(shard));
    return all;
  }

  /**
   * Makes the files of a shard of what its spool has, closes and deletes the spool.
   *
   * @return what was written
   */
  public ShardEntry assemble(int shard, Spool spool) throws IOException {
    ShardLayout layout = settings.layout();
    SortedMap<Integer, Integer> labels = new TreeMap<>();
    ShardWriter.Written written;
    try (ShardWriter writer = ShardFormats.open(settings.format(), files, settings.info(), shard)) {
      for (int i = 0; i < layout.capacity(shard); i++) {
        long index = layout.first(shard) + i;
        if (spool.contains(index)) {
          Sample sample = spool.read(index);
          writer.append(sample);
          count(sample, labels);
          keepForSheet(sample);
        }
      }
      written = writer.finish();
    }
    ShardEntry entry =
        new ShardEntry(
            written.file(),
            layout.first(shard),
            spool.size(),
            written.bytes(),
            written.sha256(),
            labels);
    files.writeEntry(shard, entry);
    spool.close();
    Files.deleteIfExists(files.spool(shard));
    return entry;
  }

  /** Counts a sample under its label. */
  static void count(Sample sample, SortedMap<Integer, Integer> labels) {
    labels.merge(sample.labelOrNone(), 1, Integer::sum);
  }

  /** Keeps a copy of an image that the contact sheet shows. */
  void keepForSheet(Sample sample) throws IOException {
    if (sample.index() < DatasetSettings.SHEET_IMAGES) {
      files.replace(files.sheetImage(sample.index(), sample.labelOrNone()), sample.imageBytes());
    }
  }
}
