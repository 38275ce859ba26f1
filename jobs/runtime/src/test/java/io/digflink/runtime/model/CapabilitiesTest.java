package io.digflink.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
  private final Capabilities birds =
      Capabilities.of(TestManifests.named("birds", "crane", "tench, Tinca tinca", "Crane", "3"));
  private final Capabilities free = Capabilities.of(TestManifests.withoutClasses("free"));
  private final Capabilities strict =
      Capabilities.of(TestManifests.withoutNullClass("strict", "a", "b"));

  @Test
  void labelsAreTheNumbersAndThenTheNames() throws Exception {
    assertThat(birds.labels(List.of(3, 0), List.of("TENCH, Tinca tinca"))).containsExactly(3, 0, 1);
  }

  @Test
  void withoutALabelImagesAreUnconditional() throws Exception {
    assertThat(birds.labels(List.of(), List.of())).containsExactly(4);
    assertThat(birds.unconditionalLabel()).isEqualTo(4);
    assertThat(free.labels(List.of(), List.of())).isEmpty();
    assertThat(free.unconditionalLabel()).isNull();
    assertRefused(
        () -> strict.labels(List.of(), List.of()),
        "labels is []; allowed: at least one label: strict was trained without unconditional"
            + " images");
  }

  @Test
  void labelsThatTheModelLacksAreNamedWithThoseItHas() {
    assertRefused(() -> birds.labels(List.of(4), List.of()), "labels is 4; allowed: 0 to 3");
    assertRefused(() -> birds.labels(List.of(-1), List.of()), "labels is -1; allowed: 0 to 3");
    assertRefused(
        () -> strict.labels(List.of(), List.of("c")), "class_names is \"c\"; allowed: a, b");
    assertRefused(
        () -> free.labels(List.of(1), List.of()),
        "labels is [1]; allowed: none: free has no classes");
    assertRefused(
        () -> free.labels(List.of(), List.of("a")),
        "class_names is [a]; allowed: none: free has no classes");
  }

  @Test
  void aNameOfTwoClassesIsRefusedWithTheirNumbers() throws Exception {
    assertRefused(
        () -> birds.label("CRANE"),
        "class_names is \"CRANE\"; allowed: names of one class only: labels 0 and 2 share this"
            + " name, ask for one of them by its number");
    // Written exactly it is the name of one class.
    assertThat(birds.label("Crane")).isEqualTo(2);
  }

  @Test
  void aClassIsFoundByNameAndElseByNumber() throws Exception {
    assertThat(birds.label("2")).isEqualTo(2);
    assertThat(birds.label("3")).as("the class named 3").isEqualTo(3);
    assertThat(strict.label("1")).isEqualTo(1);
    assertThat(birds.hasClassNamed("tench, tinca TINCA")).isTrue();
    assertThat(birds.hasClassNamed("tench")).isFalse();
    assertRefused(() -> strict.label("2"), "labels is 2; allowed: 0 to 1");
    assertRefused(() -> free.label("a"), "labels is \"a\"; allowed: none: free has no classes");
  }

  @Test
  void manyNamesAreNotAllListed() {
    String[] names = IntStream.range(0, 1000).mapToObj(i -> "n" + i).toArray(String[]::new);
    Capabilities many = Capabilities.of(TestManifests.named("many", names));
    Capabilities unnamed =
        Capabilities.of(TestManifests.of("unnamed", new ModelManifest.Classes(10, null, 10), true));

    assertThatThrownBy(() -> many.label("x"))
        .hasMessageContaining("allowed: n0, n1, n2,")
        .hasMessageEndingWith("n19, … (1000 names, or labels 0 to 999)");
    assertRefused(
        () -> unnamed.label("x"),
        "class_names is \"x\"; allowed: none: unnamed has no class names, use labels 0 to 9");
  }

  @Test
  void stepsAreBoundByTheTrainingTimestepsTheLimitAndTheSpacing() throws Exception {
    free.checkSteps(1000, TimestepSpacing.UNIFORM);
    free.checkSteps(250, TimestepSpacing.DDIM);
    assertRefused(
        () -> free.checkSteps(1001, TimestepSpacing.UNIFORM), "steps is 1001; allowed: 1 to 1000");
    assertRefused(
        () -> free.within(250, 20, 1 << 20).checkSteps(251, TimestepSpacing.UNIFORM),
        "steps is 251; allowed: 1 to 250");
    assertRefused(
        () -> free.checkSteps(300, TimestepSpacing.DDIM),
        "timestep_spacing is \"ddim\"; allowed: uniform with 300 steps, or ddim with 250 or 334"
            + " steps");
  }

  @Test
  void guidanceNeedsClassesAndUnconditionalImages() throws Exception {
    birds.checkGuidance(100_000);
    free.checkGuidance(1);
    strict.checkGuidance(1);
    assertRefused(
        () -> free.checkGuidance(1.5),
        "guidance_scale is 1.5; allowed: 1: free has no classes to guide to");
    assertRefused(
        () -> strict.checkGuidance(1.5),
        "guidance_scale is 1.5; allowed: 1: strict was trained without unconditional images");
    for (double scale : new double[] {-1, 0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertRefused(
          () -> birds.checkGuidance(scale),
          "guidance_scale is " + scale + "; allowed: 1 (no guidance) or more");
      assertRefused(
          () -> birds.within(1000, 20, 1 << 20).checkGuidance(scale),
          "guidance_scale is " + scale + "; allowed: 1 to 20.0");
    }
  }

  @Test
  void sizesAreMultiplesOfThePatch() throws Exception {
    assertThat(free.latentOf(null, null)).isEqualTo(new LatentShape(4, 8, 8));
    assertThat(free.latentOf(32, null)).isEqualTo(new LatentShape(4, 4, 8));
    assertThat(free.latentOf(null, 128)).isEqualTo(new LatentShape(4, 8, 16));
    assertRefused(() -> free.latentOf(33, 32), "height is 33; allowed: multiples of 16");
    assertRefused(() -> free.latentOf(32, 0), "width is 0; allowed: multiples of 16");
    assertRefused(
        () -> free.within(1000, 20, 4096).latentOf(64, 80),
        "width is 80 (height 64); allowed: at most 4096 pixels per image");
    assertRefused(
        () -> free.within(1000, 20, 1L << 40).latentOf(1 << 30, 1 << 30),
        "width is 1073741824 (height 1073741824); allowed: at most 1099511627776 pixels per image");
  }

  @Test
  void aModelOfOneSizeMakesThatSizeOnly() throws Exception {
    Capabilities fixed = Capabilities.of(TestManifests.of("fixed", null, false));

    assertThat(fixed.latentOf(64, 64)).isEqualTo(new LatentShape(4, 8, 8));
    assertRefused(
        () -> fixed.latentOf(64, 32), "width is 32; allowed: 64: this model makes one size");
  }

  @Test
  void namesOfSamplersSpacingsAndFormatsIgnoreCase() throws Exception {
    assertThat(Capabilities.sampler("DPM++")).isEqualTo(SamplerType.DPM_SOLVER_PP_2M);
    assertThat(Capabilities.spacing("Uniform")).isEqualTo(TimestepSpacing.UNIFORM);
    assertThat(Capabilities.format("PNG")).isEqualTo(ImageFormat.PNG);
    assertRefused(
        () -> Capabilities.sampler("euler"),
        "sampler is \"euler\"; allowed: one of ddpm, ddim, dpm++");
    assertRefused(
        () -> Capabilities.spacing("karras"),
        "timestep_spacing is \"karras\"; allowed: uniform or ddim");
    assertRefused(
        () -> Capabilities.format("gif"), "image_format is \"gif\"; allowed: png or jpeg");
  }

  @Test
  void whatBelongsToOneSamplerOrFormatIsRefusedWithAnother() throws Exception {
    Capabilities.checkEta(1.0, SamplerType.DDIM);
    Capabilities.checkEta(0.0, SamplerType.DDPM);
    Capabilities.checkQuality(100, ImageFormat.JPEG);
    Capabilities.checkQuality(null, ImageFormat.PNG);
    assertRefused(
        () -> Capabilities.checkEta(0.5, SamplerType.DDPM),
        "eta is 0.5; allowed: 0 to 1 with ddim, else 0 or none");
    assertRefused(
        () -> Capabilities.checkEta(Double.NaN, SamplerType.DDIM),
        "eta is NaN; allowed: 0 to 1 with ddim, else 0 or none");
    assertRefused(
        () -> Capabilities.checkQuality(50, ImageFormat.PNG),
        "jpeg_quality is 50; allowed: 1 to 100 with jpeg, else none");
    assertRefused(
        () -> Capabilities.checkQuality(101, ImageFormat.JPEG),
        "jpeg_quality is 101; allowed: 1 to 100 with jpeg, else none");
  }

  @Test
  void theEndsOfAGuidanceIntervalAreInOrder() throws Exception {
    Capabilities.checkGuidanceInterval(0.2, 0.2);
    assertRefused(
        () -> Capabilities.checkGuidanceInterval(-0.1, 1),
        "guidance_from is -0.1; allowed: 0 to 1");
    assertRefused(
        () -> Capabilities.checkGuidanceInterval(0.6, 0.5),
        "guidance_to is 0.5; allowed: guidance_from (0.6) to 1");
    assertRefused(
        () -> Capabilities.checkGuidanceInterval(0, Double.NaN),
        "guidance_to is NaN; allowed: guidance_from (0.0) to 1");
  }

  @Test
  void aModelThatLeavesItsOutputTransposedMakesSquaresOnly() throws Exception {
    Capabilities two = Capabilities.of(TestManifests.ofDepth("two", 2));
    assertThat(two.latentOf(64, 64)).isEqualTo(new LatentShape(4, 8, 8));
    assertRefused(
        () -> two.latentOf(64, 128),
        "width is 128 (height 64); allowed: the height: two makes square images only");
    assertRefused(
        () -> Capabilities.of(TestManifests.ofDepth("seven", 7)).latentOf(128, null),
        "width is 64 (height 128); allowed: the height: seven makes square images only");
    assertThat(Capabilities.of(TestManifests.ofDepth("four", 4)).latentOf(64, 128))
        .isEqualTo(new LatentShape(4, 8, 16));
    assertThat(Capabilities.of(TestManifests.ofDepth("five", 5)).latentOf(64, 128))
        .isEqualTo(new LatentShape(4, 8, 16));
  }

  private static void assertRefused(ThrowingCallable check, String message) {
    assertThatThrownBy(check).isInstanceOf(UnservableException.class).hasMessage(message);
  }
}
