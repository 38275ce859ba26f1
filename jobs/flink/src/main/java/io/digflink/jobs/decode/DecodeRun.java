package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.OutOfDeviceMemoryException;
import io.digflink.runtime.session.SessionException;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** Decodes a batch of latents and encodes the images, these on all cores. */
final class DecodeRun implements Callable<Void> {
  private final List<DenoisedImage> images;
  private final DecoderSession session;
  private final int scale;
  private final int limit;
  private final ClaimCheck claimCheck;
  private List<ImageFile> files = List.of();
  private long nanos;
  private boolean outOfMemory;
  private SessionException failure;

  /**
   * @param images of one model and one latent shape
   * @param scale image pixels a latent cell
   * @param limit most latents of any run
   */
  DecodeRun(
      List<DenoisedImage> images,
      DecoderSession session,
      int scale,
      int limit,
      ClaimCheck claimCheck) {
    this.images = images;
    this.session = session;
    this.scale = scale;
    this.limit = limit;
    this.claimCheck = claimCheck;
  }

  @Override
  public Void call() {
    long start = System.nanoTime();
    LatentShape shape = shape();
    try {
      List<float[]> latents = images.stream().map(DenoisedImage::latent).toList();
      float[][] pixels = session.run(latents, shape, limit);
      // The encoding of a large image takes longer than its decoding on a GPU.
      files =
          IntStream.range(0, pixels.length)
              .parallel()
              .mapToObj(i -> encode(images.get(i).request().request(), pixels[i], shape))
              .toList();
    } catch (OutOfDeviceMemoryException e) {
      outOfMemory = true;
    } catch (SessionException e) {
      failure = e;
    }
    nanos = System.nanoTime() - start;
    return null;
  }

  private ImageFile encode(GenerationRequest request, float[] pixels, LatentShape shape) {
    ImageFormat format = ImageFormat.of(request.getImageFormat());
    Integer quality = request.getJpegQuality();
    ImageEncoder encoder =
        new ImageEncoder(format, quality == null ? ImageEncoder.DEFAULT_QUALITY : quality);
    byte[] content = encoder.encode(pixels, scale * shape.height(), scale * shape.width());
    String sha256 = sha256(content);
    if (!claimCheck.applies(content.length)) {
      return new ImageFile(content, null, content.length, sha256);
    }
    try {
      String uri = claimCheck.put(content, sha256, format).toString();
      return new ImageFile(null, uri, content.length, sha256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private LatentShape shape() {
    return images.get(0).request().latent();
  }

  List<DenoisedImage> images() {
    return images;
  }

  /** Rows that the decoder's run has. */
  int rows() {
    return session.rows(images.size(), shape(), limit);
  }

  /** The files, one an image; none after a failure. */
  List<ImageFile> files() {
    return files;
  }

  /** Duration in nanoseconds. */
  long nanos() {
    return nanos;
  }

  /** Whether the device had no memory for the batch. */
  boolean isOutOfMemory() {
    return outOfMemory;
  }

  /** Why the run failed, or null. */
  SessionException failure() {
    return failure;
  }
}
