package io.digflink.jobs.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.golden.GoldenValues;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GoldenBytesITCase {
  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  @Test
  void aPortionInStateHasTheBytesOfVersion4() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PortionFormat.write(GoldenValues.portion(), new DataOutputStream(out));
    GoldenFiles.assertUnchanged("Portion.v4.bin", out.toByteArray());

    DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(GoldenFiles.read("Portion.v4.bin")));
    assertThat(PortionFormat.read(in)).usingRecursiveComparison().isEqualTo(GoldenValues.portion());
    assertThat(in.available()).isZero();
  }

  @Test
  void version3IsRead() throws IOException {
    AdmittedRequest read = read(3, "AdmittedRequestFormat.v3.bin");

    assertIs(read, GoldenValues.admitted());
    assertThat(CODEC.decode(read.original())).isEqualTo(GoldenValues.request());
  }

  /** A restore must need nothing but the state: no schema registry, for instance. */
  @Test
  void aRequestOfAnotherFormatIsHeldWithItsContent() throws IOException {
    AdmittedRequest read = read(3, "AdmittedRequestFormat.json.v3.bin");

    assertIs(read, GoldenValues.admitted());
    assertThat(JsonCodec.of(GenerationRequest.class).decode(read.original()))
        .isEqualTo(GoldenValues.request());
  }

  @Test
  void version2IsRead() throws IOException {
    AdmittedRequest read = read(2, "AdmittedRequestFormat.v2.bin");

    assertIs(read, GoldenValues.admittedWithoutHeaders());
    assertThat(CODEC.decode(read.original())).isEqualTo(GoldenValues.request());
  }

  @Test
  void version1IsRead() throws IOException {
    AdmittedRequest read = read(1, "AdmittedRequestFormat.v1.bin");

    assertThat(read.request()).isEqualTo(GoldenValues.request());
    assertThat(read.labels()).containsExactly(7, 0, 8);
    assertThat(read.askedAt()).isEqualTo(GoldenValues.request().getCreatedAt().toEpochMilli());
    assertThat(read.tenant()).isEmpty();
  }

  /** Reads a request, whose record is the first that the file has. */
  private static AdmittedRequest read(int version, String name) throws IOException {
    byte[] file = GoldenFiles.read(name);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(file));
    AdmittedRequest read = AdmittedRequestFormat.read(version, in);
    assertThat(in.available()).isZero();
    int length = ByteBuffer.wrap(file).getInt();
    assertThat(read.original())
        .isEqualTo(Arrays.copyOfRange(file, Integer.BYTES, Integer.BYTES + length));
    return read;
  }

  /** Records are written with a later schema now than when that release held them. */
  private static void assertIs(AdmittedRequest read, AdmittedRequest expected) {
    assertThat(read).usingRecursiveComparison().ignoringFields("original").isEqualTo(expected);
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
