package io.digflink.jobs.decode;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.ImageHeader;
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
    Integer label = header.label();
    ModelManifest.Classes classes = bundle.manifest().classes();
    boolean conditional = label != null && !label.equals(classes.nullClass());
    boolean named = conditional && classes.names() != null;
    return GeneratedImage.newBuilder()
        .setRequestId(header.requestId())
        .setIndex(header.index())
        .setCount(header.images())
        .setLabel(conditional ? label : null)
        .setClassName(named ? classes.names().get(label) : null)
        .setSeed(header.seed())
        .setSampler(header.sampler())
        .setSteps(header.steps())
        // The state of the first release has the scale of the request.
        .setGuidanceScale(conditional ? header.guidanceScale() : 1)
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
}
