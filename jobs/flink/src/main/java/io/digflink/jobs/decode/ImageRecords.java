package io.digflink.jobs.decode;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.runtime.model.ModelBundle;
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
    Integer label = admitted.labelOf(image.index());
    ModelManifest.Classes classes = bundle.manifest().classes();
    boolean named = label != null && classes.names() != null && label < classes.names().size();
    boolean conditional = label != null && !label.equals(classes.nullClass());
    return GeneratedImage.newBuilder()
        .setRequestId(admitted.id())
        .setIndex(image.index())
        .setCount(admitted.images())
        .setLabel(conditional ? label : null)
        .setClassName(named ? classes.names().get(label) : null)
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
}
