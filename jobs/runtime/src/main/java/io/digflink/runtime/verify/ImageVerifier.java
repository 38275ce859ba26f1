package io.digflink.runtime.verify;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageMetadata;
import io.digflink.runtime.image.ImageProvenance;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.model.ModelReference;
import io.digflink.runtime.model.UnservableException;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * Makes images again from the {@link ImageProvenance} in their files and compares the bytes. The
 * request id and the program's version decide nothing about an image: they are taken as the file
 * gives them.
 */
public final class ImageVerifier implements AutoCloseable {
  private final ModelCatalog models;
  private final Device device;
  private final int threads;
  private final Map<String, ImageMaker> makers = new HashMap<>();

  /**
   * @param threads threads per run on a CPU; 0: one per core
   */
  public ImageVerifier(ModelCatalog models, Device device, int threads) {
    this.models = models;
    this.device = device;
    this.threads = threads;
  }

  /**
   * Verifies an image file.
   *
   * @throws IOException if the bundle cannot be read
   * @throws SessionException if the model does not run
   */
  public Verdict verify(byte[] file) throws IOException, SessionException {
    Optional<ImageFormat> format = ImageMetadata.formatOf(file);
    if (format.isEmpty()) {
      return Verdict.no("is neither a PNG nor a JPEG");
    }
    Optional<String> text = ImageMetadata.read(file);
    if (text.isEmpty()) {
      return Verdict.no(
          "has no metadata of dig-flink: it was made by another program, or the metadata was"
              + " turned off or removed");
    }
    ImageProvenance provenance;
    try {
      provenance = ImageProvenance.parse(text.get());
    } catch (IOException e) {
      return Verdict.no("has metadata that this version cannot read: %s", firstLine(e));
    }
    return verify(file, format.get(), text.get(), provenance);
  }

  private Verdict verify(byte[] file, ImageFormat format, String text, ImageProvenance provenance)
      throws IOException, SessionException {
    Optional<ModelBundle> found = provenance.model() == null ? Optional.empty() : find(provenance);
    if (found.isEmpty()) {
      return Verdict.no(
          "says it was made by the model %s; the models here are %s",
          provenance.model(), String.join(", ", models.names()));
    }
    ModelBundle bundle = found.get();
    if (!bundle.digest().equals(provenance.bundleDigest())) {
      return Verdict.no(
          "says it was made by the bundle %s of %s; the bundle here is %s",
          provenance.bundleDigest(), provenance.model(), bundle.digest());
    }
    String className = className(bundle, provenance.label());
    if (!Objects.equals(className, provenance.className())) {
      return Verdict.no(
          "calls the label %s %s; the model calls it %s",
          provenance.label(), provenance.className(), className);
    }
    BufferedImage there = read(file);
    if (there == null) {
      return Verdict.no("is damaged: its pixels cannot be read");
    }
    if (there.getWidth() != provenance.width() || there.getHeight() != provenance.height()) {
      return Verdict.no(
          "has %d×%d pixels; its metadata says %d×%d",
          there.getWidth(), there.getHeight(), provenance.width(), provenance.height());
    }
    return makeAgain(bundle, file, format, text, provenance);
  }

  /** The version that is said to have made the image, or else what has its name here. */
  private Optional<ModelBundle> find(ImageProvenance provenance) throws IOException {
    ModelReference version = new ModelReference(provenance.model(), provenance.bundleDigest());
    Optional<ModelBundle> found = models.find(version.toString());
    return found.isPresent() ? found : models.find(provenance.model());
  }

  private Verdict makeAgain(
      ModelBundle bundle, byte[] file, ImageFormat format, String text, ImageProvenance provenance)
      throws IOException, SessionException {
    TrajectorySpec spec;
    ImageEncoder encoder;
    try {
      spec = spec(bundle, provenance);
      bundle.diffusion().begin(spec);
      Integer quality = provenance.jpegQuality();
      encoder = new ImageEncoder(format, quality == null ? ImageEncoder.DEFAULT_QUALITY : quality);
    } catch (UnservableException | IllegalArgumentException | NullPointerException e) {
      return Verdict.no("says it was made in a way that the model cannot: %s", e.getMessage());
    }
    byte[] again =
        encoder.encode(maker(bundle).make(spec), provenance.height(), provenance.width());
    return compare(file, ImageMetadata.write(again, format, text), provenance);
  }

  /** The class's name where the model names its classes. */
  private static String className(ModelBundle bundle, Integer label) {
    ModelManifest.Classes classes = bundle.manifest().classes();
    return label == null
            || classes == null
            || classes.names() == null
            || label < 0
            || label >= classes.names().size()
        ? null
        : classes.names().get(label);
  }

  private static TrajectorySpec spec(ModelBundle bundle, ImageProvenance provenance)
      throws UnservableException {
    return new TrajectorySpec(
        provenance.seed(),
        provenance.index(),
        provenance.label() == null ? bundle.diffusion().nullLabel() : provenance.label(),
        Capabilities.of(bundle.manifest()).latentOf(provenance.height(), provenance.width()),
        SamplerType.of(provenance.sampler()),
        provenance.steps(),
        TimestepSpacing.of(provenance.timestepSpacing()),
        provenance.eta(),
        new Guidance(
            provenance.guidanceScale(),
            Guidance.Channels.valueOf(provenance.guidanceChannels()),
            provenance.guidanceFrom(),
            provenance.guidanceTo()));
  }

  private ImageMaker maker(ModelBundle bundle) throws SessionException {
    ImageMaker maker = makers.get(bundle.digest());
    if (maker == null) {
      maker = new ImageMaker(bundle, device, threads);
      makers.put(bundle.digest(), maker);
    }
    return maker;
  }

  private static Verdict compare(byte[] file, byte[] again, ImageProvenance provenance) {
    if (Arrays.equals(file, again)) {
      return new Verdict(
          true,
          String.format(
              "made by this model (%s, request %s, image %d)",
              provenance.model(), provenance.requestId(), provenance.index()));
    }
    return comparePixels(read(file), read(again));
  }

  private static Verdict comparePixels(BufferedImage there, BufferedImage here) {
    int different = 0;
    int most = 0;
    for (int y = 0; y < here.getHeight(); y++) {
      for (int x = 0; x < here.getWidth(); x++) {
        int difference = difference(there.getRGB(x, y), here.getRGB(x, y));
        different += difference == 0 ? 0 : 1;
        most = Math.max(most, difference);
      }
    }
    if (different == 0) {
      return Verdict.no(
          "has the pixels that this model makes, in other bytes: another program wrote the file"
              + " anew");
    }
    return Verdict.no(
        "has other pixels than this model makes: %d of %d differ, by up to %d of 255 (small"
            + " differences everywhere come from another kind of device, for which --device may"
            + " help)",
        different, here.getWidth() * here.getHeight(), most);
  }

  /** Greatest difference of a colour. */
  private static int difference(int a, int b) {
    int most = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      most = Math.max(most, Math.abs((a >> shift & 0xFF) - (b >> shift & 0xFF)));
    }
    return most;
  }

  private static BufferedImage read(byte[] file) {
    try {
      return ImageIO.read(new ByteArrayInputStream(file));
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    makers.values().forEach(ImageMaker::close);
  }
}
