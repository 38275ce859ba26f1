package io.digflink.synthesis.store;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.schemas.GeneratedImage;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.apache.commons.codec.digest.DigestUtils;

/** Samples whose every value follows from their index. */
public final class Samples {
  /** Size of the images in pixels. */
  public static final int SIDE = 8;

  private Samples() {}

  /** A sample with a latent of [4, 4, 4]. */
  public static Sample of(long index) {
    byte[] file = new ImageEncoder(ImageFormat.PNG, 90).encode(image(index));
    float[] latent = new float[64];
    for (int i = 0; i < latent.length; i++) {
      latent[i] = index + i / 64f;
    }
    return new Sample(index, record(index, file), latent);
  }

  /** The same without a class. */
  public static Sample unconditional(long index) {
    Sample labelled = of(index);
    GeneratedImage image =
        GeneratedImage.newBuilder(labelled.image()).clearLabel().clearClassName().build();
    return new Sample(index, image, labelled.latent());
  }

  /** A sample of other bytes, which no reader looks at, and another seed. */
  public static Sample of(long index, long seed, byte[] file) {
    Sample sample = of(index);
    GeneratedImage image =
        GeneratedImage.newBuilder(sample.image())
            .setSeed(seed)
            .setBytes(ByteBuffer.wrap(file))
            .setSize(file.length)
            .build();
    return new Sample(index, image, sample.latent());
  }

  /** Red is the index, green the column, blue the row. */
  private static BufferedImage image(long index) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        image.setRGB(x, y, ((int) index & 0xFF) << 16 | x << 8 | y);
      }
    }
    return image;
  }

  private static GeneratedImage record(long index, byte[] file) {
    int label = (int) (index % 3);
    return GeneratedImage.newBuilder()
        .setRequestId(String.valueOf(index))
        .setIndex(0)
        .setCount(1)
        .setLabel(label)
        .setClassName("class " + label)
        .setSeed(1000 + index)
        .setSampler("ddim")
        .setSteps(50)
        .setGuidanceScale(1.5)
        .setWidth(SIDE)
        .setHeight(SIDE)
        .setFormat("png")
        .setBytes(ByteBuffer.wrap(file))
        .setSize(file.length)
        .setSha256(DigestUtils.sha256Hex(file))
        .setModel("m")
        .setBundleDigest("0")
        .setCompletedAt(Instant.EPOCH)
        .build();
  }
}
