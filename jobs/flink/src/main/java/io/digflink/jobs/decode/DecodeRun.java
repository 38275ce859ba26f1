package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.DeviceRun;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageMetadata;
import io.digflink.runtime.image.NotFiniteException;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Decodes a batch of latents and encodes the images, the latter on all cores. */
final class DecodeRun extends DeviceRun<DenoisedImage> {
  private final DecoderSession session;
  private final ModelBundle bundle;
  private final int limit;
  private final ClaimCheck claimCheck;
  private final boolean metadata;
  private List<Optional<ImageFile>> files = List.of();

  /**
   * @param bundle the model
   * @param limit most latents of a run of this key
   * @param metadata whether files say how they were made
   */
  DecodeRun(
      BatchKey key,
      List<DenoisedImage> images,
      DecoderSession session,
      ModelBundle bundle,
      int limit,
      ClaimCheck claimCheck,
      boolean metadata) {
    super("decoder", key, images);
    this.session = session;
    this.bundle = bundle;
    this.limit = limit;
    this.claimCheck = claimCheck;
    this.metadata = metadata;
  }

  @Override
  protected void compute() throws SessionException {
    List<float[]> latents = images().stream().map(DenoisedImage::latent).toList();
    float[][] pixels = session.run(latents, key().latent(), limit);
    // The encoding of a large image takes longer than its decoding on a GPU.
    files =
        IntStream.range(0, pixels.length)
            .parallel()
            .mapToObj(i -> encode(images().get(i).header(), pixels[i]))
            .toList();
  }

  private Optional<ImageFile> encode(ImageHeader header, float[] pixels) {
    ImageFormat format = ImageFormat.of(header.format());
    ImageEncoder encoder = new ImageEncoder(format, header.quality());
    LatentShape shape = key().latent();
    int scale = bundle.imageScale();
    try {
      byte[] content = encoder.encode(pixels, scale * shape.height(), scale * shape.width());
      if (metadata) {
        String text = ImageRecords.provenance(header, encoder, bundle).toJson();
        content = ImageMetadata.write(content, format, text);
      }
      return Optional.of(file(content, format));
    } catch (NotFiniteException e) {
      return Optional.empty();
    }
  }

  private ImageFile file(byte[] content, ImageFormat format) {
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

  /** The model. */
  ModelBundle bundle() {
    return bundle;
  }

  @Override
  public int rows() {
    return session.rows(images().size(), key().latent(), limit);
  }

  /** On a GPU a run of one latent may have further rows, which are empty. */
  @Override
  protected boolean canShrink() {
    return rows() > 1;
  }

  /** A file per image, empty where the pixels are not finite; no entries after a failure. */
  List<Optional<ImageFile>> files() {
    return files;
  }
}
