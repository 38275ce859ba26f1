package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.denoise.Handover;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestNews;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HandoverSerializerTest {
  private static final LatentShape SHAPE = new LatentShape(1, 1, 2);
  private static final byte[] HEADERS = {1, 2, 3};
  private static final DenoisedImage IMAGE =
      new DenoisedImage(
          new ImageHeader(
              "a",
              "requests-1@17",
              5,
              8,
              "m",
              "ab",
              2,
              -7,
              "dpm++",
              20,
              "uniform",
              0,
              2.5,
              "FIRST_THREE",
              0,
              1,
              SHAPE,
              "jpeg",
              80,
              1,
              2,
              3,
              4,
              HEADERS),
          new float[] {1, -0f});
  private static final DenoisedImage UNCONDITIONAL =
      new DenoisedImage(
          new ImageHeader(
              "a",
              "requests-1@17",
              5,
              8,
              "m",
              null,
              null,
              -7,
              "dpm++",
              20,
              "uniform",
              0,
              1,
              "FIRST_THREE",
              0,
              1,
              SHAPE,
              "png",
              90,
              1,
              2,
              3,
              4,
              HEADERS),
          new float[] {1, -0f});
  private static final RequestNews BEGIN =
      new RequestNews("a", "requests-1@17", RequestState.RUNNING, 8, 0, null, null, 11, HEADERS);
  private static final RequestNews FAILURE =
      new RequestNews(
          "a",
          "requests-1@17",
          RequestState.RUNNING,
          8,
          0,
          null,
          RejectRecords.of(
              RejectException.of(RejectReason.OTHER, "why"), "a", new byte[0], "requests-1@17", 1),
          11,
          HEADERS);
  private static final RequestNews END =
      new RequestNews(
          "a", "requests-1@17", RequestState.EXPIRED, 8, 6, new byte[] {4, 5}, null, 12, HEADERS);

  private final HandoverSerializer serializer = new HandoverSerializer();

  static Stream<Handover> handovers() {
    return Stream.of(
        new Handover(IMAGE, null),
        new Handover(UNCONDITIONAL, null),
        new Handover(null, BEGIN),
        new Handover(null, FAILURE),
        new Handover(null, END),
        new Handover(IMAGE, END));
  }

  @ParameterizedTest
  @MethodSource("handovers")
  void whatWaitsIsReadAsItWasWritten(Handover handover) throws IOException {
    byte[] bytes = serializer.serialize(handover);

    assertThat(serializer.deserialize(serializer.getVersion(), bytes))
        .usingRecursiveComparison()
        .isEqualTo(handover);
  }

  @Test
  void anImageHasAHeaderThatDoesNotGrowWithItsRequest() throws IOException {
    // 190 bytes of names and numbers, headers and the latent
    assertThat(serializer.serialize(new Handover(IMAGE, null))).hasSizeLessThan(200);
  }

  @Test
  void anImageOfVersion1IsRead() throws IOException {
    Handover read = serializer.deserialize(1, version1(5));

    assertThat(read.news()).isNull();
    assertThat(read.image().latent()).containsExactly(1, -0f);
    assertThat(read.image().header())
        .isEqualTo(
            new ImageHeader(
                "a",
                "requests-1@17",
                5,
                8,
                "m",
                null,
                2,
                -7,
                "dpm++",
                20,
                "uniform",
                0,
                2.5,
                "FIRST_THREE",
                0,
                1,
                SHAPE,
                "png",
                90,
                123,
                123,
                3,
                4,
                IncomingRecord.NO_HEADERS));
  }

  @Test
  void theLastImageOfVersion1EndsItsRequest() throws IOException {
    Handover read = serializer.deserialize(1, version1(7));

    assertThat(read.image().header().isLast()).isTrue();
    assertThat(read.news())
        .usingRecursiveComparison()
        .isEqualTo(
            new RequestNews(
                "a",
                "requests-1@17",
                RequestState.COMPLETED,
                8,
                8,
                original(),
                null,
                4,
                IncomingRecord.NO_HEADERS));
  }

  @Test
  void anUnknownVersionIsRefused() {
    assertThatThrownBy(() -> serializer.deserialize(4, version1(0)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Expected state of Decode in version 1 to 3, found version 4");
  }

  /** What the first release wrote: the request with its original bytes, then the image. */
  private static byte[] version1(int index) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(original().length);
    out.write(original());
    out.writeUTF("requests-1@17");
    for (int number : new int[] {2, 1, 2, 1, 1, 2}) { // labels, latent
      out.writeInt(number);
    }
    out.writeLong(123);
    out.writeInt(index);
    out.writeLong(3);
    out.writeLong(4);
    out.writeFloat(1);
    out.writeFloat(-0f);
    return bytes.toByteArray();
  }

  private static byte[] original() {
    return RecordCodec.of(GenerationRequest.class)
        .encode(
            GenerationRequest.newBuilder()
                .setRequestId("a")
                .setModel("m")
                .setLabels(List.of(1, 2))
                .setImagesPerLabel(4)
                .setSeed(-7)
                .setSampler("dpm++")
                .setSteps(20)
                .setGuidanceScale(2.5)
                .build());
  }
}
