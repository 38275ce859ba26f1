package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.denoise.HeldPortion.HeldImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldPortionSerializerTest {
  private final HeldPortionSerializer serializer = new HeldPortionSerializer();

  @Test
  void aHeldPortionIsReadAsItWasWritten() throws IOException {
    HeldPortion held =
        new HeldPortion(
            Portion.of(admitted(120), "ab".repeat(32), 2, 6),
            null,
            5,
            List.of(
                new HeldImage(2, 7, 3, new float[] {1, Float.MIN_VALUE}, new float[] {-0f, 2}),
                new HeldImage(4, 8, 0, new float[] {3, 4}, null)));

    HeldPortion read = serializer.deserialize(serializer.getVersion(), serializer.serialize(held));

    assertThat(read).usingRecursiveComparison().isEqualTo(held);
    assertThat(read.portion().labels()).as("of images 2 to 5").containsExactly(1, 1, 2, 2);
    assertThat(read.left()).as("two in flight and one to begin").isEqualTo(3);
  }

  /** What is not asked for, as most clients do. */
  @Test
  void aPortionWithoutLabelsTenantAndHeadersIsReadAsItWasWritten() throws IOException {
    AdmittedRequest plain =
        TestRequests.admitted(
            TestRequests.request("b", "m").build(), new LatentShape(1, 1, 2), new int[0]);
    HeldPortion held = new HeldPortion(Portion.of(plain, "", 0, 1), null, 0, List.of());

    assertThat(serializer.deserialize(4, serializer.serialize(held)))
        .usingRecursiveComparison()
        .isEqualTo(held);
    assertThat(held.portion().isUnconditional()).isTrue();
  }

  /** Version 1 did not know the time of a request's record. Its images left in order. */
  @Test
  void stateOfVersion1IsRead() throws IOException {
    AdmittedRequest admitted = admitted(123);
    HeldPortion held =
        new HeldPortion(
            Portion.of(admitted, "ab".repeat(32), 0, 8),
            admitted.original(),
            5,
            List.of(
                new HeldImage(3, 7, 3, new float[] {1, Float.MIN_VALUE}, new float[] {-0f, 2}),
                new HeldImage(4, 8, 0, new float[] {3, 4}, null)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(held.original().length);
    out.write(held.original());
    out.writeUTF("requests-1@17");
    for (int number : new int[] {2, 1, 2, 1, 1, 2}) { // labels, latent
      out.writeInt(number);
    }
    out.writeLong(123);
    out.writeUTF("ab".repeat(32));
    out.writeInt(5);
    out.writeInt(2);
    out.writeLong(7);
    out.writeInt(3);
    for (float value : new float[] {1, Float.MIN_VALUE}) {
      out.writeFloat(value);
    }
    out.writeBoolean(true);
    for (float value : new float[] {-0f, 2}) {
      out.writeFloat(value);
    }
    out.writeLong(8);
    out.writeInt(0);
    for (float value : new float[] {3, 4}) {
      out.writeFloat(value);
    }
    out.writeBoolean(false);

    assertThat(serializer.deserialize(1, bytes.toByteArray()))
        .usingRecursiveComparison()
        .isEqualTo(held);
  }

  @Test
  void anUnknownVersionIsRefused() throws IOException {
    byte[] bytes =
        serializer.serialize(
            new HeldPortion(Portion.of(admitted(120), "", 0, 8), null, 0, List.of()));

    for (int version : new int[] {0, 5}) {
      assertThatThrownBy(() -> serializer.deserialize(version, bytes))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(
              "Expected state of Denoise in version 1 to 4, found version " + version);
    }
  }

  private static AdmittedRequest admitted(long askedAt) {
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId("a")
            .setModel("m")
            .setLabels(List.of(1, 2))
            .setImagesPerLabel(4)
            .build();
    return new AdmittedRequest(
        codec.encode(request),
        "requests-1@17",
        request,
        new int[] {1, 2},
        new LatentShape(1, 1, 2),
        askedAt,
        123,
        IncomingRecord.NO_HEADERS,
        "");
  }
}
