package io.digflink.synthesis.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.WorkFiles;
import io.digflink.tools.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzITCase {
  private static final String CHECK =
      """
      import json, numpy as np
      samples = np.load("images.npz")
      pixels, labels = samples["arr_0"], samples["arr_1"]
      assert pixels.shape == (8, 8, 8, 3) and pixels.dtype == np.uint8, pixels.shape
      assert labels.dtype == np.int64 and labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1], labels
      for i in range(8):
          assert (pixels[i, :, :, 0] == i).all()
          assert (pixels[i, :, :, 1] == np.arange(8)[None, :]).all()
          assert (pixels[i, :, :, 2] == np.arange(8)[:, None]).all()
      latents = np.load("latents.npz")["arr_0"]
      assert latents.shape == (8, 4, 4, 4) and latents.dtype == np.float32, latents.shape
      assert latents[5, 3, 3, 3] == 5 + 63 / 64
      rows = [json.loads(line) for line in open("metadata.jsonl")]
      assert [row["seed"] for row in rows] == list(range(1000, 1008))
      print("numpy agrees")
      """;

  @TempDir private Path dataset;

  @Test
  void numpyReadsPixelsLabelsAndLatents() throws Exception {
    String python = Tool.require("numpy");
    Shards.writeNpz(dataset);

    assertThat(Program.run(dataset, List.of(python, "-c", CHECK))).contains("numpy agrees");
  }

  @Test
  void membersAreStoredAndTheirChecksumsRight() throws Exception {
    Shards.writeNpz(dataset);

    try (ZipFile zip = new ZipFile(dataset.resolve("images.npz").toFile())) {
      ZipEntry pixels = zip.getEntry("arr_0.npy");
      assertThat(pixels.getMethod()).isEqualTo(ZipEntry.STORED);
      byte[] bytes = zip.getInputStream(pixels).readAllBytes(); // checks the CRC
      assertThat(bytes).hasSize(128 + 8 * 8 * 8 * 3);
      assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
          .startsWith("{'descr': '|u1', 'fortran_order': False, 'shape': (8, 8, 8, 3,), }")
          .endsWith("\n");
      byte[] labels = zip.getInputStream(zip.getEntry("arr_1.npy")).readAllBytes();
      assertThat(ByteBuffer.wrap(labels).order(ByteOrder.LITTLE_ENDIAN).getLong(128 + 16))
          .isEqualTo(2);
    }
  }

  @Test
  void theFilesAreTheSameWheneverTheyAreWritten() throws Exception {
    List<ShardWriter.Written> first = Shards.writeNpz(dataset.resolve("a"));

    assertThat(Shards.writeNpz(dataset.resolve("b"))).isEqualTo(first);
    assertThat(Files.mismatch(dataset.resolve("a/images.npz"), dataset.resolve("b/images.npz")))
        .isEqualTo(-1);
  }

  @Test
  void imagesOfTwoSizesAreRefused() throws Exception {
    WorkFiles files = new WorkFiles(dataset);
    files.create();
    GeneratedImage wide =
        GeneratedImage.newBuilder(Samples.of(1).image()).setWidth(2 * Samples.SIDE).build();

    try (NpzWriter writer = new NpzWriter(files, Shards.info(), 2)) {
      writer.append(Samples.of(0));
      assertThatThrownBy(() -> writer.append(new Sample(1, wide, Samples.of(1).latent())))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Expected images of 8×8 for an npz, found image 1 of 16×8");
    }
  }
}
