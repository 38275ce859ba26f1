package io.digflink.jobs.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  private static final String NAME = "AdmittedRequestFormat.v2.bin";

  @Test
  void anAdmittedRequestInStateHasTheBytesOfVersion2() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AdmittedRequestFormat.write(GoldenValues.admitted(), new DataOutputStream(out));
    GoldenFiles.assertUnchanged(NAME, out.toByteArray());

    DataInputStream in = new DataInputStream(new ByteArrayInputStream(GoldenFiles.read(NAME)));
    assertThat(AdmittedRequestFormat.read(in))
        .usingRecursiveComparison()
        .isEqualTo(GoldenValues.admitted());
    assertThat(in.available()).isZero();
  }

  @Test
  void version1IsRead() throws IOException {
    DataInputStream in =
        new DataInputStream(
            new ByteArrayInputStream(GoldenFiles.read("AdmittedRequestFormat.v1.bin")));
    AdmittedRequest read = AdmittedRequestFormat.readVersion1(in);

    assertThat(read.request()).isEqualTo(GoldenValues.request());
    assertThat(read.labels()).containsExactly(7, 0, 8);
    assertThat(read.askedAt()).isEqualTo(GoldenValues.request().getCreatedAt().toEpochMilli());
    assertThat(in.available()).isZero();
  }

  @Test
  void numbersOfALatentAreWrittenAsInVersion1() throws IOException {
    float[] values = GoldenValues.latent();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AdmittedRequestFormat.writeFloats(values, new DataOutputStream(out));
    GoldenFiles.assertUnchanged("latent.bin", out.toByteArray());

    DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(GoldenFiles.read("latent.bin")));
    assertThat(AdmittedRequestFormat.readFloats(values.length, in)).isEqualTo(values);
  }
}
