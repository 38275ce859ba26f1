package io.digflink.synthesis.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.WorkFiles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderITCase {
  @TempDir private Path dataset;

  @Test
  void directoriesSortLikeTheLabels() throws Exception {
    Shards.write(dataset, OutputFormat.IMAGEFOLDER);

    try (Stream<Path> directories = Files.list(dataset.resolve("images"))) {
      assertThat(directories.map(d -> d.getFileName().toString()).sorted())
          .containsExactly("0_T-shirt_top", "1_Bag", "2_Ankle_boot");
    }
  }

  @Test
  void imagesAreReadByImageIo() throws Exception {
    Shards.write(dataset, OutputFormat.IMAGEFOLDER);

    BufferedImage image = ImageIO.read(dataset.resolve("images/1_Bag/000007.png").toFile());

    assertThat(image.getRGB(3, 5) & 0xFFFFFF).isEqualTo(7 << 16 | 3 << 8 | 5);
    assertThat(dataset.resolve("latents/000007.npy")).exists();
  }

  @Test
  void aLineOfMetadataNamesItsFile() throws Exception {
    Shards.write(dataset, OutputFormat.IMAGEFOLDER);

    List<String> lines = Files.readAllLines(new WorkFiles(dataset).rows(1));

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .startsWith("{\"file_name\":\"2_Ankle_boot/000005.png\",\"index\":5,\"label\":2,")
        .contains("\"sha256\":\"" + Samples.of(5).image().getSha256() + "\"");
  }

  @Test
  void theDigestIsThatOfTheImagesOneAfterTheOther() throws Exception {
    ShardWriter.Written written = Shards.write(dataset, OutputFormat.IMAGEFOLDER).get(1);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 5; i < 8; i++) {
      all.write(Samples.of(i).imageBytes());
    }

    assertThat(written.bytes()).isEqualTo(all.size());
    assertThat(written.sha256()).isEqualTo(DigestUtils.sha256Hex(all.toByteArray()));
  }
}
