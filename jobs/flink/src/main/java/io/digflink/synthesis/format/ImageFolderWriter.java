package io.digflink.synthesis.format;

import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.WorkFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Image files in one directory per class, {@code images/3_Dress/000012.png}. Readers number the
 * classes by the order of the directories: the number in front makes it that of the labels, as long
 * as every class has a directory (see {@link io.digflink.synthesis.plan.FolderLabels}). The lines
 * of {@code images/metadata.jsonl} are kept aside until the data set is complete. Latents are
 * {@code latents/000012.npy}.
 */
final class ImageFolderWriter implements ShardWriter {
  /** Directory of the images in a data set. */
  static final String IMAGES = "images";

  private static final String LATENTS = "latents";
  private static final int LONGEST_NAME = 100; // file systems take 255 bytes

  private final WorkFiles files;
  private final DatasetInfo info;
  private final Path rowsFile;
  private final Path temporaryRows;
  private final OutputStream rows;
  private final MessageDigest digest = DigestUtils.getSha256Digest();
  private final Set<Path> made = new HashSet<>();
  private final List<Path> written = new ArrayList<>();
  private long bytes;

  ImageFolderWriter(WorkFiles files, DatasetInfo info, int shard) throws IOException {
    this.files = files;
    this.info = info;
    this.rowsFile = files.rows(shard);
    this.temporaryRows = files.temporary(rowsFile.getFileName().toString());
    this.rows = new BufferedOutputStream(Files.newOutputStream(temporaryRows));
  }

  @Override
  public void append(Sample sample) throws IOException {
    GeneratedImage image = sample.image();
    String key = info.key(sample.index());
    String name =
        directoryOf(image.getLabel()) + "/" + key + ImageFormat.of(image.getFormat()).extension();
    byte[] content = sample.imageBytes();
    write(files.dataset().resolve(IMAGES).resolve(name), content);
    digest.update(content);
    bytes += content.length;
    rows.write(RowMetadata.of(sample, name).toJson());
    rows.write('\n');
    if (info.latents()) {
      write(
          files.dataset().resolve(LATENTS).resolve(key + ".npy"),
          Npy.file(sample.latent(), info.latentShape(sample)));
    }
  }

  private void write(Path file, byte[] content) throws IOException {
    if (made.add(file.getParent())) {
      Files.createDirectories(file.getParent());
    }
    Files.write(file, content);
    written.add(file);
  }

  /** Directory of a class, below that of the images. */
  private String directoryOf(Integer label) {
    if (label == null || label >= info.classNames().size()) {
      return DatasetInfo.NO_CLASS;
    }
    int digits = String.valueOf(info.classNames().size() - 1).length();
    String name = info.classNames().get(label).replaceAll("[^A-Za-z0-9.-]+", "_");
    return String.format("%0" + digits + "d_", label)
        + name.substring(0, Math.min(name.length(), LONGEST_NAME));
  }

  @Override
  public Written finish() throws IOException {
    rows.close();
    // Before the shard counts as finished: a disk that fails later would leave empty files.
    for (Path file : written) {
      force(file, StandardOpenOption.WRITE);
    }
    for (Path directory : made) {
      force(directory, StandardOpenOption.READ);
    }
    WorkFiles.publish(temporaryRows, rowsFile);
    return new Written(IMAGES, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static void force(Path file, StandardOpenOption option) throws IOException {
    try (FileChannel channel = FileChannel.open(file, option)) {
      channel.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
