package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageMetadata;
import io.digflink.runtime.model.ModelBundle;
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
  private final ModelBundle bundle;
  private final int limit;
  private final ClaimCheck claimCheck;
  private final boolean metadata;
  private List<ImageFile> files = List.of();
  private long nanos;
  private boolean outOfMemory;
  private SessionException failure;

  /**
   * @param images of one model and one latent shape
   * @param bundle the model
   * @param limit most latents of any run
   * @param metadata whether files say how they were made
   */
  DecodeRun(
      List<DenoisedImage> images,
      DecoderSession session,
      ModelBundle bundle,
      int limit,
      ClaimCheck claimCheck,
      boolean metadata) {
    this.images = images;
    this.session = session;
    this.bundle = bundle;
    this.limit = limit;
    this.claimCheck = claimCheck;
    this.metadata = metadata;
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
              .mapToObj(i -> encode(images.get(i), pixels[i], shape))
              .toList();
    } catch (OutOfDeviceMemoryException e) {
      outOfMemory = true;
    } catch (SessionException e) {
      failure = e;
    }
    nanos = System.nanoTime() - start;
    return null;
  }

  private ImageFile encode(DenoisedImage image, float[] pixels, LatentShape shape) {
    GenerationRequest request = image.request().request();
    ImageFormat format = ImageFormat.of(request.getImageFormat());
    Integer quality = request.getJpegQuality();
    ImageEncoder encoder =
        new ImageEncoder(format, quality == null ? ImageEncoder.DEFAULT_QUALITY : quality);
    int scale = bundle.imageScale();
    byte[] content = encoder.encode(pixels, scale * shape.height(), scale * shape.width());
    if (metadata) {
      String text = ImageRecords.provenance(image, encoder, bundle).toJson();
      content = ImageMetadata.write(content, format, text);
    }
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
