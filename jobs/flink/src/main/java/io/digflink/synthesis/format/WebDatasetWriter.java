package io.digflink.synthesis.format;

import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.WorkFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * A tar shard of the WebDataset convention: members of one sample follow each other and share their
 * name up to the first dot. {@code KEY.png} or {@code KEY.jpg} is the image, {@code KEY.cls} the
 * label in decimal, {@code KEY.json} the {@link RowMetadata}, {@code KEY.latent.npy} the latent
 * where kept. Readers expect the same members in every sample: an unconditional image has the label
 * −1. Times, owners and modes are fixed.
 */
final class WebDatasetWriter implements ShardWriter {
  private static final int MODE = 0100644;

  private final DatasetInfo info;
  private final ShardFile file;
  private final TarArchiveOutputStream tar;

  WebDatasetWriter(WorkFiles files, DatasetInfo info, int shard) throws IOException {
    this.info = info;
    this.file = new ShardFile(files, String.format("data/train-%05d.tar", shard));
    this.tar =
        new TarArchiveOutputStream(
            new BufferedOutputStream(Files.newOutputStream(file.temporary()), 1 << 16),
            StandardCharsets.UTF_8.name());
  }

  @Override
  public void append(Sample sample) throws IOException {
    String key = info.key(sample.index());
    GeneratedImage image = sample.image();
    put(key + ImageFormat.of(image.getFormat()).extension(), sample.imageBytes());
    put(key + ".cls", String.valueOf(sample.labelOrNone()).getBytes(StandardCharsets.US_ASCII));
    put(key + ".json", RowMetadata.of(sample, null).toJson());
    if (info.latents()) {
      put(key + ".latent.npy", Npy.file(sample.latent(), info.latentShape(sample)));
    }
  }

  private void put(String name, byte[] bytes) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    entry.setMode(MODE);
    entry.setModTime(0);
    entry.setIds(0, 0);
    entry.setNames("", "");
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  @Override
  public Written finish() throws IOException {
    tar.close();
    return file.publish();
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
