package io.digflink.jobs.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
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

class HeldLatentSerializerTest {
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
  private static final EarlierNews BEGIN =
      new EarlierNews("a", "requests-1@17", RequestState.RUNNING, 8, 0, null, null, 11, HEADERS);
  private static final EarlierNews FAILURE =
      new EarlierNews(
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
  private static final EarlierNews END =
      new EarlierNews(
          "a", "requests-1@17", RequestState.EXPIRED, 8, 6, new byte[] {4, 5}, null, 12, HEADERS);

  private final HeldLatentSerializer serializer = new HeldLatentSerializer();

  @Test
  void whatWaitsIsReadAsItWasWritten() throws IOException {
    for (DenoisedImage image : List.of(IMAGE, UNCONDITIONAL)) {
      HeldLatent held = HeldLatent.of(image, "a#3");

      assertThat(serializer.deserialize(serializer.getVersion(), serializer.serialize(held)))
          .usingRecursiveComparison()
          .isEqualTo(held);
    }
  }

  static Stream<HeldLatent> ofVersion3() {
    return Stream.of(
        new HeldLatent(IMAGE, "a", true, null),
        new HeldLatent(UNCONDITIONAL, "a", true, null),
        new HeldLatent(null, "a", true, BEGIN),
        new HeldLatent(null, "a", true, FAILURE),
        new HeldLatent(null, "a", true, END),
        new HeldLatent(IMAGE, "a", true, END));
  }

  @ParameterizedTest
  @MethodSource("ofVersion3")
  void imagesAndNewsOfVersion3AreRead(HeldLatent held) throws IOException {
    assertThat(serializer.deserialize(3, EarlierBytes.version3(held)))
        .usingRecursiveComparison()
        .isEqualTo(held);
  }

  @Test
  void anImageHasAHeaderThatDoesNotGrowWithItsRequest() throws IOException {
    // 195 bytes of names and numbers, headers, the portion's key and the latent
    assertThat(serializer.serialize(HeldLatent.of(IMAGE, "a#3"))).hasSizeLessThan(200);
  }

  @Test
  void anImageOfVersion1IsRead() throws IOException {
    HeldLatent read = serializer.deserialize(1, version1(5));

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
    HeldLatent read = serializer.deserialize(1, version1(7));

    assertThat(read.image().header().index()).isEqualTo(7);
    assertThat(read.news())
        .usingRecursiveComparison()
        .isEqualTo(
            new EarlierNews(
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
    assertThatThrownBy(() -> serializer.deserialize(5, version1(0)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Expected state of Decode in version 1 to 4, found version 5");
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
