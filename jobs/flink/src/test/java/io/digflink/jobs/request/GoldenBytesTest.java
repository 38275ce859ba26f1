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

class GoldenBytesTest {
  private static final String NAME = "AdmittedRequestFormat.bin";

  @Test
  void anAdmittedRequestInStateHasTheBytesOf010() throws IOException {
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
  void numbersOfALatentHaveTheBytesOf010() throws IOException {
    float[] values = GoldenValues.latent();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AdmittedRequestFormat.writeFloats(values, new DataOutputStream(out));
    GoldenFiles.assertUnchanged("latent.bin", out.toByteArray());

    DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(GoldenFiles.read("latent.bin")));
    assertThat(AdmittedRequestFormat.readFloats(values.length, in)).isEqualTo(values);
  }
}
