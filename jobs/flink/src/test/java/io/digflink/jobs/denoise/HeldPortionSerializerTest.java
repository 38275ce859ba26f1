package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.jobs.denoise.HeldRequest.HeldImage;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldRequestSerializerTest {
  private final HeldRequestSerializer serializer = new HeldRequestSerializer();

  @Test
  void aHeldRequestIsReadAsItWasWritten() throws IOException {
    HeldRequest held = held(120);

    HeldRequest read = serializer.deserialize(serializer.getVersion(), serializer.serialize(held));

    assertThat(read).usingRecursiveComparison().isEqualTo(held);
    assertThat(read.firstIndex()).isEqualTo(3);
  }

  /** Version 1 did not know the time of a request's record. */
  @Test
  void stateOfVersion1IsRead() throws IOException {
    HeldRequest held = held(123);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(held.admitted().original().length);
    out.write(held.admitted().original());
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
    byte[] bytes = serializer.serialize(held(120));

    assertThatThrownBy(() -> serializer.deserialize(4, bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Expected state of Denoise in version 1 to 3, found version 4");
  }

  private static HeldRequest held(long askedAt) {
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId("a")
            .setModel("m")
            .setLabels(List.of(1, 2))
            .setImagesPerLabel(4)
            .build();
    AdmittedRequest admitted =
        new AdmittedRequest(
            codec.encode(request),
            "requests-1@17",
            request,
            new int[] {1, 2},
            new LatentShape(1, 1, 2),
            askedAt,
            123,
            IncomingRecord.NO_HEADERS);
    return new HeldRequest(
        admitted,
        "ab".repeat(32),
        5,
        List.of(
            new HeldImage(7, 3, new float[] {1, Float.MIN_VALUE}, new float[] {-0f, 2}),
            new HeldImage(8, 0, new float[] {3, 4}, null)));
  }
}
