package io.digflink.synthesis.format;

import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.WorkFiles;
import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.zip.ZipEntry;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/**
 * The sample file of the ADM evaluation suite: {@code images.npz} with {@code arr_0} uint8 [N, H,
 * W, 3] and {@code arr_1} int64 [N] labels, −1 for unconditional images. Beside it {@code
 * metadata.jsonl}, and {@code latents.npz} with {@code arr_0} float32 [N, C, H, W] where latents
 * are kept.
 *
 * <p>The number of images is known beforehand, so everything streams: a few samples are in memory,
 * whose images are decoded side by side. Members are stored, not compressed, with 64-bit sizes
 * where needed.
 */
public final class NpzWriter implements AutoCloseable {
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  /** Images that are decoded ahead of the one that is written. */
  private static final int AHEAD = 4 * Runtime.getRuntime().availableProcessors();

  private final DatasetInfo info;
  private final long rows;
  private final ShardFile images;
  private final ShardFile latents;
  private final ShardFile metadata;
  private final Path labelsFile;
  private final SeekableByteChannel imagesChannel;
  private final SeekableByteChannel latentsChannel;
  private final ZipArchiveOutputStream imagesZip;
  private final ZipArchiveOutputStream latentsZip;
  private final OutputStream metadataOut;
  private final OutputStream labelsOut;
  private final Deque<Decoding> decoding = new ArrayDeque<>();
  private Size size;

  /** A sample and the pixels of its image. */
  private record Decoding(Sample sample, Future<byte[]> pixels) {
    static Decoding of(Sample sample) {
      return new Decoding(
          sample, ForkJoinPool.commonPool().submit(() -> NpzWriter.pixels(sample.imageBytes())));
    }

    byte[] awaitPixels() throws IOException {
      try {
        return pixels.get();
      } catch (ExecutionException e) {
        throw new IOException("Image " + sample.index() + " cannot be decoded", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted before image " + sample.index());
      }
    }
  }

  /** Size of every image in pixels. */
  private record Size(int width, int height) {
    @Override
    public String toString() {
      return width + "×" + height;
    }
  }

  /**
   * @param rows number of samples that will come
   */
  public NpzWriter(WorkFiles files, DatasetInfo info, long rows) throws IOException {
    this.info = info;
    this.rows = rows;
    this.images = new ShardFile(files, "images.npz");
    this.latents = new ShardFile(files, "latents.npz");
    this.metadata = new ShardFile(files, "metadata.jsonl");
    this.labelsFile = files.temporary("labels");
    this.imagesChannel = channel(images);
    this.latentsChannel = channel(latents);
    this.imagesZip = new ZipArchiveOutputStream(imagesChannel);
    this.latentsZip = info.latents() ? new ZipArchiveOutputStream(latentsChannel) : null;
    this.metadataOut = new BufferedOutputStream(Files.newOutputStream(metadata.temporary()));
    this.labelsOut = new BufferedOutputStream(Files.newOutputStream(labelsFile));
  }

  /**
   * Adds a sample; they come in order of their indices.
   *
   * @throws IOException if it is of another size than the first
   */
  public void append(Sample sample) throws IOException {
    Size found = new Size(sample.image().getWidth(), sample.image().getHeight());
    if (size == null) {
      begin(found);
    }
    if (!found.equals(size)) {
      throw new IOException(
          String.format(
              "Expected images of %s for an npz, found image %d of %s: take another format",
              size, sample.index(), found));
    }
    decoding.add(Decoding.of(sample));
    if (decoding.size() > AHEAD) {
      writeNext();
    }
  }

  private void writeNext() throws IOException {
    Decoding next = decoding.remove();
    Sample sample = next.sample();
    imagesZip.write(next.awaitPixels());
    if (latentsZip != null) {
      latentsZip.write(Npy.bytes(sample.latent()));
    }
    metadataOut.write(RowMetadata.of(sample, null).toJson());
    metadataOut.write('\n');
    labelsOut.write(littleEndian(sample.labelOrNone()));
  }

  /** Completes the files and moves them to their places; metadata last. */
  public List<ShardWriter.Written> finish() throws IOException {
    while (!decoding.isEmpty()) {
      writeNext();
    }
    if (size == null) {
      begin(new Size(info.width(), info.height()));
    }
    imagesZip.closeArchiveEntry();
    labelsOut.close();
    byte[] header = Npy.header("<i8", rows);
    open(imagesZip, "arr_1.npy", header.length + rows * Long.BYTES);
    imagesZip.write(header);
    Files.copy(labelsFile, imagesZip);
    imagesZip.closeArchiveEntry();
    imagesZip.close();
    metadataOut.close();
    List<ShardWriter.Written> written = new ArrayList<>();
    written.add(images.publish());
    if (latentsZip != null) {
      latentsZip.closeArchiveEntry();
      latentsZip.close();
      written.add(latents.publish());
    }
    written.add(metadata.publish());
    return written;
  }

  @Override
  public void close() throws IOException {
    // Not the zips: unfinished ones refuse to close.
    imagesChannel.close();
    latentsChannel.close();
    metadataOut.close();
    labelsOut.close();
  }

  private static SeekableByteChannel channel(ShardFile file) throws IOException {
    return Files.newByteChannel(
        file.temporary(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private void begin(Size of) throws IOException {
    size = of;
    byte[] header = Npy.header("|u1", rows, size.height(), size.width(), 3);
    open(imagesZip, "arr_0.npy", header.length + rows * size.height() * size.width() * 3);
    imagesZip.write(header);
    if (latentsZip != null) {
      long[] shape = info.latentShape(size.width(), size.height());
      byte[] latentHeader = Npy.header("<f4", rows, shape[0], shape[1], shape[2]);
      long bytes = rows * shape[0] * shape[1] * shape[2] * Float.BYTES;
      open(latentsZip, "arr_0.npy", latentHeader.length + bytes);
      latentsZip.write(latentHeader);
    }
  }

  private static void open(ZipArchiveOutputStream zip, String name, long size) throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(size);
    entry.setTimeLocal(TIME);
    zip.putArchiveEntry(entry);
  }

  private static byte[] littleEndian(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  /** Red, green, blue of every pixel, row by row. */
  private static byte[] pixels(byte[] imageFile) throws IOException {
    BufferedImage image =
        ImageIO.read(new MemoryCacheImageInputStream(new ByteArrayInputStream(imageFile)));
    int[] row = new int[image.getWidth()];
    byte[] pixels = new byte[image.getWidth() * image.getHeight() * 3];
    for (int y = 0, at = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int rgb : row) {
        pixels[at++] = (byte) (rgb >> 16);
        pixels[at++] = (byte) (rgb >> 8);
        pixels[at++] = (byte) rgb;
      }
    }
    return pixels;
  }
}
