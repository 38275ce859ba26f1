package io.digflink.jobs.decode;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageProvenance;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.schemas.GeneratedImage;
import java.nio.ByteBuffer;
import java.time.Instant;

/** Makes the records of finished images. */
final class ImageRecords {
  private ImageRecords() {}

  /** The record of an image that is encoded now. */
  static GeneratedImage of(DenoisedImage image, ImageFile file, ModelBundle bundle, long now) {
    ImageHeader header = image.header();
    Integer label = labelOf(header, bundle);
    return GeneratedImage.newBuilder()
        .setRequestId(header.requestId())
        .setIndex(header.index())
        .setCount(header.images())
        .setLabel(label)
        .setClassName(className(label, bundle))
        .setSeed(header.seed())
        .setSampler(header.sampler())
        .setSteps(header.steps())
        .setGuidanceScale(guidanceScale(header, label))
        .setWidth(bundle.imageScale() * header.latent().width())
        .setHeight(bundle.imageScale() * header.latent().height())
        .setFormat(header.format())
        .setBytes(file.content() == null ? null : ByteBuffer.wrap(file.content()))
        .setUri(file.uri())
        .setSize(file.size())
        .setSha256(file.sha256())
        .setModel(bundle.name())
        .setBundleDigest(bundle.digest())
        .setQueueMillis(header.startedAt() - header.admittedAt())
        .setDenoiseMillis(header.finishedAt() - header.startedAt())
        .setDecodeMillis(now - header.finishedAt())
        .setCompletedAt(Instant.ofEpochMilli(now))
        .build();
  }

  /** How an image was made, for its file. */
  static ImageProvenance provenance(ImageHeader header, ImageEncoder encoder, ModelBundle bundle) {
    Integer label = labelOf(header, bundle);
    return new ImageProvenance(
        header.requestId(),
        header.index(),
        bundle.name(),
        bundle.digest(),
        label,
        className(label, bundle),
        header.seed(),
        header.sampler(),
        header.steps(),
        header.timestepSpacing(),
        header.eta(),
        guidanceScale(header, label),
        header.guidanceChannels(),
        header.guidanceFrom(),
        header.guidanceTo(),
        bundle.imageScale() * header.latent().width(),
        bundle.imageScale() * header.latent().height(),
        encoder.format() == ImageFormat.JPEG ? encoder.quality() : null,
        ImageProvenance.PROGRAM);
  }

  /** The class index; null for an unconditional image. */
  private static Integer labelOf(ImageHeader header, ModelBundle bundle) {
    Integer label = header.label();
    return label == null || label.equals(bundle.diffusion().nullLabel()) ? null : label;
  }

  private static String className(Integer label, ModelBundle bundle) {
    ModelManifest.Classes classes = bundle.manifest().classes();
    return label == null || classes.names() == null ? null : classes.names().get(label);
  }

  /** Nothing guides an unconditional image; the state of 0.1.0 has the scale of its request. */
  private static double guidanceScale(ImageHeader header, Integer label) {
    return label == null ? 1 : header.guidanceScale();
  }
}
