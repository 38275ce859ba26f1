package io.digflink.jobs.admit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.digflink.bundle.ModelManifest;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.runtime.model.TestManifests;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.codec.TrustedRecords;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestCheckTest {
  private static final long NOW = 1_000_000;
  private static final long RECORD_TIME = 999_000;
  private static final ModelManifest FASHION =
      TestManifests.named("fashion", "Bag", "Coat", "c", "d", "e", "f", "g", "h", "i", "j");
  private static final ModelManifest FREE = TestManifests.withoutClasses("free");
  private static final Limits LIMITS = new Limits(1 << 20, 16, 1000, 250, 20, 256 * 256);

  static {
    TrustedRecords.install();
  }

  private final RequestCheck check =
      new RequestCheck(Map.of("fashion", FASHION, "free", FREE), LIMITS);

  static Stream<Arguments> requestsWithOneFieldAtFault() {
    return Stream.of(
        fault("request_id", "1 to 16 bytes", r -> r.setRequestId("")),
        fault("request_id", "1 to 16 bytes", r -> r.setRequestId("ü".repeat(9))),
        fault("request_id", "well-formed UTF-8", r -> r.setRequestId("a\uFFFD")),
        fault("model", "fashion, free", r -> r.setModel("other")),
        fault("labels", "0 to 9", r -> r.setLabels(List.of(0, 10))),
        fault("labels", "0 to 9", r -> r.setLabels(List.of(-1))),
        fault("labels", "none: free has no classes", r -> r.setModel("free")),
        fault("class_names", "Bag, Coat", r -> r.setClassNames(List.of("Tie"))),
        fault("images_per_label", "1 to 1000", r -> r.setImagesPerLabel(0)),
        fault("images_per_label", "1 to 1000", r -> r.setImagesPerLabel(1_000_000_000)),
        fault("images_per_label", "1 to 500", r -> imagesOfTwo(r, 501)),
        fault("steps", "1 to 250", r -> r.setSteps(0)),
        fault("steps", "1 to 250", r -> r.setSteps(1_000_000)),
        fault("sampler", "ddpm, ddim, dpm++", r -> r.setSampler("euler")),
        fault("timestep_spacing", "uniform or ddim", r -> r.setTimestepSpacing("karras")),
        fault("eta", "0 to 1 with ddim", r -> r.setEta(0.5)),
        fault("eta", "0 to 1 with ddim", r -> r.setSampler("ddim").setEta(Double.NaN)),
        fault("guidance_scale", "1 to 20", r -> r.setGuidanceScale(-1)),
        fault("guidance_scale", "1 to 20", r -> r.setGuidanceScale(Double.NaN)),
        fault("guidance_scale", "1 to 20", r -> r.setGuidanceScale(Double.POSITIVE_INFINITY)),
        fault("guidance_from", "0 to 1", r -> r.setGuidanceFrom(-0.1)),
        fault(
            "guidance_to",
            "guidance_from (0.6) to 1",
            r -> r.setGuidanceFrom(0.6).setGuidanceTo(0.5)),
        fault("height", "multiples of 16", r -> r.setHeight(33)),
        fault("width", "multiples of 16", r -> r.setWidth(0)),
        fault("width", "at most 65536 pixels", r -> r.setWidth(32_768).setHeight(32_768)),
        fault("image_format", "png or jpeg", r -> r.setImageFormat("gif")),
        fault("jpeg_quality", "1 to 100 with jpeg", r -> r.setJpegQuality(50)),
        fault("tenant", "0 to 16 bytes", r -> r.setTenant("ü".repeat(9))),
        fault("priority", "0 to 9", r -> r.setPriority(-1)),
        fault("priority", "0 to 9", r -> r.setPriority(10)),
        fault("preview_every", "0 (no previews) or more", r -> r.setPreviewEvery(-1)));
  }

  private static void imagesOfTwo(GenerationRequest.Builder request, int images) {
    request.setLabels(List.of(0, 1)).setImagesPerLabel(images);
  }

  private static Arguments fault(
      String field, String allowed, Consumer<GenerationRequest.Builder> change) {
    return arguments(field, allowed, change);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("requestsWithOneFieldAtFault")
  void aFieldAtFaultIsNamedWithWhatIsAllowed(
      String field, String allowed, Consumer<GenerationRequest.Builder> change) {
    GenerationRequest.Builder request = valid();
    change.accept(request);

    RejectException reject =
        catchThrowableOfType(RejectException.class, () -> admit(request.build()));

    assertThat(reject.field()).isEqualTo(field);
    assertThat(reject.allowed()).contains(allowed);
    assertThat(reject.getMessage()).startsWith(field + " is " + reject.value());
  }

  @Test
  void labelsComeBeforeClassNamesAndEachHasItsImages() throws RejectException {
    AdmittedRequest admitted =
        admit(
            valid()
                .setLabels(List.of(7))
                .setClassNames(List.of("coat"))
                .setImagesPerLabel(2)
                .build());

    assertThat(admitted.labels()).containsExactly(7, 1);
    assertThat(admitted.images()).isEqualTo(4);
    assertThat(admitted.labelOf(1)).isEqualTo(7);
    assertThat(admitted.labelOf(2)).isEqualTo(1);
  }

  @Test
  void aRequestWithoutLabelsTakesTheNullClass() throws RejectException {
    assertThat(admit(valid().setLabels(List.of()).build()).labels()).containsExactly(10);
  }

  @Test
  void aRequestIsAsOldAsItSaysOrElseAsItsRecord() throws RejectException {
    GenerationRequest dated = valid().setCreatedAt(Instant.ofEpochMilli(5)).build();
    IncomingRecord undated = IncomingRecord.of(new byte[0], "requests-0@0", -1);

    assertThat(admit(dated).askedAt()).isEqualTo(5);
    assertThat(admit(valid().build()).askedAt()).isEqualTo(RECORD_TIME);
    assertThat(check.admit(valid().build(), undated, NOW).askedAt()).isEqualTo(NOW);
  }

  @Test
  void theTenantIsTheRequestsOwnOrElseThatOfItsRecordsKey() throws RejectException {
    assertThat(admit(valid().build(), "shop:7:a").tenant()).isEqualTo("shop");
    assertThat(admit(valid().setTenant("other").build(), "shop:7").tenant()).isEqualTo("other");
    assertThat(admit(valid().setTenant("").build(), "shop:7").tenant()).isEmpty();
    assertThat(admit(valid().build(), "shop").tenant()).isEmpty();
    assertThat(admit(valid().build()).tenant()).isEmpty();
  }

  @Test
  void samplersAndFormatsIgnoreCase() throws RejectException {
    AdmittedRequest admitted =
        admit(
            valid()
                .setSampler("DPM++")
                .setTimestepSpacing("Uniform")
                .setImageFormat("JPEG")
                .build());
    ImageHeader header = ImageHeader.of(Portion.of(admitted, "ab", 0, 1), 0, "ab", 1, 2, 3);

    assertThat(header.sampler()).isEqualTo("dpm++");
    assertThat(header.format()).isEqualTo("jpeg");
    assertThat(header.quality()).isEqualTo(90);
  }

  @Test
  void anExpiredRequestIsToldTheTimeOfTheJob() throws RejectException {
    AdmittedRequest admitted = admit(valid().setDeadline(Instant.ofEpochMilli(1)).build());

    assertThat(admitted.isExpired(NOW)).isTrue();
    assertThat(RejectRecords.expired(admitted.request().getDeadline(), NOW))
        .hasMessage(
            "deadline is 1970-01-01T00:00:00.001Z; allowed: later than 1970-01-01T00:16:40Z, the"
                + " time by this job's clock");
  }

  @Test
  void aLongValueIsCutInTheReject() {
    RejectException reject =
        catchThrowableOfType(
            RejectException.class, () -> admit(valid().setSampler("x".repeat(100_000)).build()));

    assertThat(reject.value()).hasSizeLessThan(300);
    assertThat(reject.reason()).isEqualTo(RejectReason.INVALID_FIELD);
  }

  private AdmittedRequest admit(GenerationRequest request) throws RejectException {
    return admit(request, "");
  }

  private AdmittedRequest admit(GenerationRequest request, String key) throws RejectException {
    return check.admit(
        request,
        new IncomingRecord(
            new byte[0],
            "requests-0@0",
            RECORD_TIME,
            key.getBytes(UTF_8),
            IncomingRecord.NO_HEADERS),
        NOW);
  }

  private static GenerationRequest.Builder valid() {
    return GenerationRequest.newBuilder()
        .setRequestId("a")
        .setModel("fashion")
        .setLabels(List.of(3));
  }
}
