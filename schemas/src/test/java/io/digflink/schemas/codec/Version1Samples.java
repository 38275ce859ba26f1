package io.digflink.schemas.codec;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.GuidanceChannels;
import io.digflink.schemas.ImagePreview;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/** The records whose bytes of schema version 1 lie in {@code golden/v1}. */
final class Version1Samples {
  private static final Instant MOMENT = Instant.parse("2026-11-23T19:20:21.022Z");

  private Version1Samples() {}

  static GenerationRequest request() {
    return GenerationRequest.newBuilder()
        .setRequestId("r-1 \u00fc")
        .setModel("fashion-dig")
        .setLabels(List.of(7, 0))
        .setClassNames(List.of("Bag"))
        .setImagesPerLabel(4)
        .setSeed(-7_000_000_000L)
        .setSampler("ddim")
        .setSteps(25)
        .setTimestepSpacing("ddim")
        .setEta(0.5)
        .setGuidanceScale(3.5)
        .setGuidanceChannels(GuidanceChannels.ALL)
        .setGuidanceFrom(0.1)
        .setGuidanceTo(0.9)
        .setWidth(256)
        .setHeight(128)
        .setImageFormat("jpeg")
        .setJpegQuality(80)
        .setCreatedAt(MOMENT)
        .setDeadline(MOMENT.plusSeconds(60))
        .build();
  }

  static GeneratedImage image() {
    return GeneratedImage.newBuilder()
        .setRequestId("r-1")
        .setIndex(3)
        .setCount(12)
        .setLabel(7)
        .setClassName("Sneaker")
        .setSeed(-7_000_000_000L)
        .setSampler("dpm++")
        .setSteps(20)
        .setGuidanceScale(3.5)
        .setWidth(256)
        .setHeight(128)
        .setFormat("png")
        .setBytes(ByteBuffer.wrap(new byte[] {1, 2, 3}))
        .setUri(null)
        .setSize(3)
        .setSha256("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
        .setModel("fashion-dig")
        .setBundleDigest("aa")
        .setQueueMillis(1)
        .setDenoiseMillis(2)
        .setDecodeMillis(3)
        .setCompletedAt(MOMENT)
        .build();
  }

  static RequestProgress progress() {
    return RequestProgress.newBuilder()
        .setRequestId("r-1")
        .setState(RequestState.RUNNING)
        .setImages(12)
        .setImagesDone(3)
        .setAt(MOMENT)
        .build();
  }

  static RejectedRequest reject() {
    return RejectedRequest.newBuilder()
        .setRequestId("r-1")
        .setReason(RejectReason.INVALID_FIELD)
        .setMessage("Expected 1 to 1000 steps, found 0")
        .setField("steps")
        .setValue("0")
        .setAllowed("1 to 1000")
        .setOriginal(ByteBuffer.wrap(new byte[] {9, 8}))
        .setSource("dig.requests-0@17")
        .setAt(MOMENT)
        .build();
  }

  static ImagePreview preview() {
    return ImagePreview.newBuilder()
        .setRequestId("r-1")
        .setIndex(3)
        .setCount(12)
        .setStep(5)
        .setSteps(20)
        .setWidth(32)
        .setHeight(16)
        .setFormat("jpeg")
        .setBytes(ByteBuffer.wrap(new byte[] {4, 5, 6}))
        .setAt(MOMENT)
        .build();
  }
}
