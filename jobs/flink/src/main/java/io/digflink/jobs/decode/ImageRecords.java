package io.digflink.jobs.decode;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageProvenance;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import java.nio.ByteBuffer;
import java.time.Instant;

/** Makes the records of finished images. */
final class ImageRecords {
  private ImageRecords() {}

  /** The record of an image that is encoded now. */
  static GeneratedImage of(DenoisedImage image, ImageFile file, ModelBundle bundle, long now) {
    AdmittedRequest admitted = image.request();
    GenerationRequest request = admitted.request();
    Integer label = labelOf(image, bundle);
    return GeneratedImage.newBuilder()
        .setRequestId(admitted.id())
        .setIndex(image.index())
        .setCount(admitted.images())
        .setLabel(label)
        .setClassName(className(label, bundle))
        .setSeed(request.getSeed())
        .setSampler(request.getSampler())
        .setSteps(request.getSteps())
        .setGuidanceScale(request.getGuidanceScale())
        .setWidth(bundle.imageScale() * admitted.latent().width())
        .setHeight(bundle.imageScale() * admitted.latent().height())
        .setFormat(request.getImageFormat())
        .setBytes(file.content() == null ? null : ByteBuffer.wrap(file.content()))
        .setUri(file.uri())
        .setSize(file.size())
        .setSha256(file.sha256())
        .setModel(bundle.name())
        .setBundleDigest(bundle.digest())
        .setQueueMillis(image.startedAt() - admitted.admittedAt())
        .setDenoiseMillis(image.finishedAt() - image.startedAt())
        .setDecodeMillis(now - image.finishedAt())
        .setCompletedAt(Instant.ofEpochMilli(now))
        .build();
  }

  /** How an image was made, for its file. */
  static ImageProvenance provenance(DenoisedImage image, ImageEncoder encoder, ModelBundle bundle) {
    AdmittedRequest admitted = image.request();
    GenerationRequest request = admitted.request();
    Integer label = labelOf(image, bundle);
    return new ImageProvenance(
        admitted.id(),
        image.index(),
        bundle.name(),
        bundle.digest(),
        label,
        className(label, bundle),
        request.getSeed(),
        SamplerType.of(request.getSampler()).id(),
        request.getSteps(),
        TimestepSpacing.of(request.getTimestepSpacing()).id(),
        request.getEta() == null ? 0 : request.getEta(),
        request.getGuidanceScale(),
        request.getGuidanceChannels().name(),
        request.getGuidanceFrom(),
        request.getGuidanceTo(),
        bundle.imageScale() * admitted.latent().width(),
        bundle.imageScale() * admitted.latent().height(),
        encoder.format() == ImageFormat.JPEG ? encoder.quality() : null,
        ImageProvenance.PROGRAM);
  }

  /** The class index; null for an unconditional image. */
  private static Integer labelOf(DenoisedImage image, ModelBundle bundle) {
    Integer label = image.request().labelOf(image.index());
    return label == null || label.equals(bundle.diffusion().nullLabel()) ? null : label;
  }

  private static String className(Integer label, ModelBundle bundle) {
    ModelManifest.Classes classes = bundle.manifest().classes();
    return label == null || classes.names() == null ? null : classes.names().get(label);
  }
}
