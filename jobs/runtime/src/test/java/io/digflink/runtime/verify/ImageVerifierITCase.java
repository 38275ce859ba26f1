package io.digflink.runtime.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.image.ImageMetadata;
import io.digflink.runtime.image.ImageProvenance;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.model.TestBundles;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.Device;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageVerifierITCase {
  private static final int SIDE = 32;

  @TempDir private static Path directory;
  private static ModelBundle bundle;
  private static float[] pixels;
  private static ImageVerifier verifier;

  @BeforeAll
  static void makeAnImage() throws Exception {
    bundle = TestBundles.digPlain(directory);
    TrajectorySpec spec =
        new TrajectorySpec(
            7,
            1,
            3,
            Capabilities.of(bundle.manifest()).latentOf(SIDE, SIDE),
            SamplerType.DDIM,
            4,
            TimestepSpacing.UNIFORM,
            0.5,
            new Guidance(2, Guidance.Channels.ALL, 0.1, 0.9));
    try (ImageMaker maker = new ImageMaker(bundle, Device.CPU, 1)) {
      pixels = maker.make(spec);
    }
    verifier =
        new ImageVerifier(
            ModelCatalog.of(List.of(directory.resolve("dig-plain")), Map.of()), Device.CPU, 1);
  }

  @AfterAll
  static void close() {
    verifier.close();
  }

  @ParameterizedTest
  @EnumSource(ImageFormat.class)
  void anImageOfTheModelIsVerified(ImageFormat format) throws Exception {
    Verdict verdict = verifier.verify(file(format, json(format)));

    assertThat(verdict)
        .isEqualTo(new Verdict(true, "made by this model (dig-plain, request r, image 1)"));
  }

  @Test
  void anEditedSeedGivesOtherPixels() throws Exception {
    assertThat(edited("\"seed\":\"7\"", "\"seed\":\"8\""))
        .contains("has other pixels than this model makes: ")
        .contains("of 1024 differ, by up to ");
  }

  @Test
  void anEditedClassNameIsSeen() throws Exception {
    assertThat(edited("\"label\":3", "\"label\":3,\"class_name\":\"cat\""))
        .isEqualTo("calls the label 3 cat; the model calls it null");
  }

  @Test
  void anotherBundleOfTheNameIsSeen() throws Exception {
    String other = "0".repeat(64);

    assertThat(edited(bundle.digest(), other))
        .isEqualTo(
            "says it was made by the bundle %s of dig-plain; the bundle here is %s",
            other, bundle.digest());
  }

  @Test
  void aModelThatIsNotThereIsNamed() throws Exception {
    assertThat(edited("\"model\":\"dig-plain\"", "\"model\":\"other\""))
        .isEqualTo("says it was made by the model other; the models here are dig-plain");
  }

  @Test
  void whatTheModelCannotDoIsNoError() throws Exception {
    assertThat(edited("\"steps\":4", "\"steps\":1001"))
        .startsWith("says it was made in a way that the model cannot: ");
    assertThat(edited("\"guidance_channels\":\"ALL\"", "\"guidance_channels\":null"))
        .startsWith("says it was made in a way that the model cannot: ");
    assertThat(edited("\"width\":32", "\"width\":64"))
        .isEqualTo("has 32×32 pixels; its metadata says 64×32");
    assertThat(edited("{", "[")).startsWith("has metadata that this version cannot read: ");
  }

  @Test
  void aFileThatAnotherProgramWroteAnewHasOurPixelsInOtherBytes() throws Exception {
    BufferedImage image =
        ImageIO.read(new ByteArrayInputStream(file(ImageFormat.PNG, json(ImageFormat.PNG))));
    BufferedImage withAlpha = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    withAlpha.createGraphics().drawImage(image, 0, 0, null);
    ByteArrayOutputStream anew = new ByteArrayOutputStream();
    ImageIO.write(withAlpha, "png", anew);

    byte[] file = ImageMetadata.write(anew.toByteArray(), ImageFormat.PNG, json(ImageFormat.PNG));

    assertThat(verifier.verify(file).message())
        .isEqualTo(
            "has the pixels that this model makes, in other bytes: another program wrote the file"
                + " anew");
  }

  @Test
  void whatIsNoImageOfOursIsSaidToBeNone() throws Exception {
    byte[] plain = new ImageEncoder(ImageFormat.PNG, 90).encode(pixels, SIDE, SIDE);
    byte[] file = file(ImageFormat.PNG, json(ImageFormat.PNG));

    assertThat(message(plain)).startsWith("has no metadata of dig-flink: ");
    assertThat(message("text".getBytes())).isEqualTo("is neither a PNG nor a JPEG");
    assertThat(message(Arrays.copyOf(file, file.length - 300)))
        .isEqualTo("is damaged: its pixels cannot be read");
  }

  private static String edited(String text, String other) throws Exception {
    String json = json(ImageFormat.PNG);
    assertThat(json).contains(text);
    return message(file(ImageFormat.PNG, json.replace(text, other)));
  }

  private static String message(byte[] file) throws Exception {
    Verdict verdict = verifier.verify(file);
    assertThat(verdict.verified()).isFalse();
    return verdict.message();
  }

  private static byte[] file(ImageFormat format, String json) {
    return ImageMetadata.write(
        new ImageEncoder(format, 80).encode(pixels, SIDE, SIDE), format, json);
  }

  private static String json(ImageFormat format) {
    return new ImageProvenance(
            "r",
            1,
            bundle.name(),
            bundle.digest(),
            3,
            null,
            7,
            "ddim",
            4,
            "uniform",
            0.5,
            2,
            "ALL",
            0.1,
            0.9,
            SIDE,
            SIDE,
            format == ImageFormat.JPEG ? 80 : null,
            ImageProvenance.PROGRAM)
        .toJson();
  }
}
