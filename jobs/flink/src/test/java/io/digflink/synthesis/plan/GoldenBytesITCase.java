package io.digflink.synthesis.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that {@link TopicSnapshot} writes from a topic, which takes a broker, so by hand. */
class GoldenBytesITCase {
  @TempDir private Path directory;

  @Test
  void aTopicsRequestsAreReadFromTheFileOf010() throws IOException {
    RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
    byte[] request = requestOf010();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (byte[] value : new byte[][] {request, {}, {1, 2, 3}}) {
      out.writeInt(value.length);
      out.write(value);
    }
    GoldenFiles.assertUnchanged("requests", bytes.toByteArray());

    Path file = Files.write(directory.resolve("requests"), GoldenFiles.read("requests"));
    TopicPlan plan = new TopicPlan(file);
    assertThat(plan.requests()).isEqualTo(3);
    assertThat(plan.firstImage(1)).isEqualTo(12);
    assertThat(codec.decode(plan.record(0)))
        .isEqualTo(
            GenerationRequest.newBuilder(GoldenValues.request())
                .setRequestId("0") // its number in the file
                .setDeadline(null)
                .build());
    assertThat(plan.record(2)).containsExactly(1, 2, 3);
  }

  /** The request as a client of 0.1.0 encoded it: the state of that release begins with it. */
  private static byte[] requestOf010() throws IOException {
    ByteBuffer state = ByteBuffer.wrap(GoldenFiles.read("AdmittedRequestFormat.v1.bin"));
    byte[] request = new byte[state.getInt()];
    state.get(request);
    return request;
  }
}
