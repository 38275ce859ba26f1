package io.digflink.jobs.golden;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.Portion;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.GuidanceChannels;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/** The values whose bytes {@link GoldenFiles} holds: every field is set to what it seldom is. */
public final class GoldenValues {
  /** A digest as bundles have. */
  public static final String DIGEST = "0123456789abcdef".repeat(4);

  /** When the last step of an image ended. */
  public static final long END = Instant.parse("2026-11-27T22:44:21.622Z").toEpochMilli();

  private static final Instant MOMENT = Instant.parse("2026-11-27T22:44:21.022Z");

  private GoldenValues() {}

  /** A request as all releases know it. */
  public static GenerationRequest request() {
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
        .setWidth(16)
        .setHeight(8)
        .setImageFormat("jpeg")
        .setJpegQuality(80)
        .setCreatedAt(MOMENT)
        .setDeadline(MOMENT.plusSeconds(60))
        .build();
  }

  /** The request as it is admitted; its record has headers. */
  public static AdmittedRequest admitted() {
    return admitted(new byte[] {0, 1, 0, 1, 'k', 0, 0, 0, 1, 'v'});
  }

  /** The same request of a record without headers, as before version 3 of state. */
  public static AdmittedRequest admittedWithoutHeaders() {
    return admitted(IncomingRecord.NO_HEADERS);
  }

  private static AdmittedRequest admitted(byte[] headers) {
    return admitted(request(), headers, "");
  }

  private static AdmittedRequest admitted(
      GenerationRequest request, byte[] headers, String tenant) {
    return new AdmittedRequest(
        RecordCodec.of(GenerationRequest.class).encode(request),
        "dig.requests-1@170000000000",
        request,
        new int[] {7, 0, 8},
        new LatentShape(2, 1, 2),
        MOMENT.toEpochMilli(),
        MOMENT.toEpochMilli() + 1,
        headers,
        tenant);
  }

  /** A portion of the request with all that steers a queue. */
  public static Portion portion() {
    GenerationRequest request =
        GenerationRequest.newBuilder(request())
            .setTenant("shop \u00fc")
            .setPriority(7)
            .setPreviewEvery(5)
            .build();
    return Portion.of(admitted(request, admitted().headers(), "shop \u00fc"), DIGEST, 3, 9);
  }

  /** Numbers of the request's latents: signs, a subnormal, the largest, one of many digits. */
  public static float[] latent() {
    return new float[] {-0f, Float.MIN_VALUE, -Float.MAX_VALUE, 0.1f};
  }

  /** The last image of a request between Denoise and Decode. */
  public static DenoisedImage denoised(AdmittedRequest admitted) {
    Portion whole = Portion.of(admitted, DIGEST, 0, admitted.images());
    return new DenoisedImage(ImageHeader.of(whole, 11, DIGEST, 3.5, END - 595, END), latent());
  }

  /** A finished image. */
  public static GeneratedImage image() {
    return GeneratedImage.newBuilder()
        .setRequestId("r-1 \u00fc")
        .setIndex(3)
        .setCount(12)
        .setLabel(7)
        .setClassName("Sneaker")
        .setSeed(-7_000_000_000L)
        .setSampler("dpm++")
        .setSteps(20)
        .setGuidanceScale(3.5)
        .setWidth(16)
        .setHeight(8)
        .setFormat("png")
        .setBytes(ByteBuffer.wrap(new byte[] {1, 2, 3}))
        .setUri("file:/images/3")
        .setSize(3)
        .setSha256("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
        .setModel("fashion-dig")
        .setBundleDigest(DIGEST)
        .setQueueMillis(1)
        .setDenoiseMillis(2)
        .setDecodeMillis(3)
        .setCompletedAt(MOMENT)
        .build();
  }

  /** How far a request is. */
  public static RequestProgress progress() {
    return RequestProgress.newBuilder()
        .setRequestId("r-1 \u00fc")
        .setState(RequestState.RUNNING)
        .setImages(12)
        .setImagesDone(3)
        .setAt(MOMENT)
        .build();
  }

  /** A reject. */
  public static RejectedRequest reject() {
    return RejectedRequest.newBuilder()
        .setRequestId("r-1 \u00fc")
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
}
