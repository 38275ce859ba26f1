package io.digflink.jobs.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.TestBundles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyModelsITCase {
  @TempDir private Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void everyBundleIsNamedWithItsDigest() throws IOException {
    ModelBundle plain = TestBundles.digPlain(directory);
    ModelBundle unconditional = TestBundles.digUnconditional(directory);

    assertThat(verify(directory.toString())).isZero();
    assertThat(text(out).lines())
        .containsExactly(
            "dig-plain " + plain.digest() + " in " + directory,
            "dig-uncond " + unconditional.digest() + " in " + directory);
  }

  @Test
  void oneDamagedBundleFailsAll() throws IOException {
    TestBundles.digPlain(directory);
    TestBundles.digUnconditional(directory);
    Path data = directory.resolve("dig-uncond/denoiser.onnx");
    byte[] bytes = Files.readAllBytes(data);
    bytes[bytes.length / 2] ^= 1;
    Files.write(data, bytes);

    assertThat(verify(directory.toString())).isEqualTo(1);
    assertThat(text(err)).contains("denoiser.onnx is damaged: expected SHA-256 ");
  }

  @Test
  void withoutDirectoriesItSaysWhatItExpects() {
    assertThat(verify()).isEqualTo(2);
    assertThat(text(err)).contains("Expected the directories of model bundles as arguments");
  }

  private int verify(String... directories) {
    return VerifyModels.run(
        List.of(directories),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
