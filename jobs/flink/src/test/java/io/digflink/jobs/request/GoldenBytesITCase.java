package io.digflink.jobs.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.JsonCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  private static final String NAME = "AdmittedRequestFormat.v3.bin";

  @Test
  void anAdmittedRequestInStateHasTheBytesOfVersion3() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AdmittedRequestFormat.write(GoldenValues.admitted(), new DataOutputStream(out));
    GoldenFiles.assertUnchanged(NAME, out.toByteArray());

    DataInputStream in = new DataInputStream(new ByteArrayInputStream(GoldenFiles.read(NAME)));
    assertThat(AdmittedRequestFormat.read(3, in))
        .usingRecursiveComparison()
        .isEqualTo(GoldenValues.admitted());
    assertThat(in.available()).isZero();
  }

  /** A restore must need nothing but the state: no schema registry, for instance. */
  @Test
  void aRequestOfAnotherFormatIsHeldWithItsContent() throws IOException {
    String name = "AdmittedRequestFormat.json.v3.bin";
    AdmittedRequest plain = GoldenValues.admitted();
    AdmittedRequest json =
        new AdmittedRequest(
            JsonCodec.of(GenerationRequest.class).encode(plain.request()),
            plain.source(),
            plain.request(),
            plain.labels(),
            plain.latent(),
            plain.askedAt(),
            plain.admittedAt(),
            plain.headers());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AdmittedRequestFormat.write(json, new DataOutputStream(out));
    GoldenFiles.assertUnchanged(name, out.toByteArray());

    DataInputStream in = new DataInputStream(new ByteArrayInputStream(GoldenFiles.read(name)));
    assertThat(AdmittedRequestFormat.read(3, in)).usingRecursiveComparison().isEqualTo(json);
  }

  @Test
  void version2IsRead() throws IOException {
    DataInputStream in =
        new DataInputStream(
            new ByteArrayInputStream(GoldenFiles.read("AdmittedRequestFormat.v2.bin")));

    assertThat(AdmittedRequestFormat.read(2, in))
        .usingRecursiveComparison()
        .isEqualTo(GoldenValues.admittedWithoutHeaders());
    assertThat(in.available()).isZero();
  }

  @Test
  void version1IsRead() throws IOException {
    DataInputStream in =
        new DataInputStream(
            new ByteArrayInputStream(GoldenFiles.read("AdmittedRequestFormat.v1.bin")));
    AdmittedRequest read = AdmittedRequestFormat.read(1, in);

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
