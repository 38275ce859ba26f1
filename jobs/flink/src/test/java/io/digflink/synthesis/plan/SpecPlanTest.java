package io.digflink.synthesis.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.digflink.bundle.ModelManifest;
import io.digflink.bundle.Precision;
import io.digflink.runtime.noise.Philox4x32;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.synthesis.spec.SpecException;
import io.digflink.synthesis.spec.SpecReader;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpecPlanTest {
  private static final String SPEC =
      """
      model: m
      images: 1000
      seed: 42
      samplers: [{name: ddim, steps: 5, eta: 0.5}, {name: dpm++, steps: 9, weight: 3}]
      guidance: {from: 1.5, to: 4.0}
      output: {format: parquet}
      """;

  @Test
  void aRequestIsTheSameWheneverItIsAskedFor() throws Exception {
    SpecPlan plan = plan(SPEC, model(List.of("a", "b"), 2));
    SpecPlan again = plan(SPEC, model(List.of("a", "b"), 2));

    assertThat(again.record(123)).isEqualTo(plan.record(123));
    assertThat(RecordCodec.of(GenerationRequest.class).decode(plan.record(123)).getRequestId())
        .isEqualTo("123");
  }

  @Test
  void seedsAreDifferentAndNotNegative() throws Exception {
    SpecPlan plan = plan(SPEC, model(List.of("a", "b"), 2));
    Set<Long> seeds = new HashSet<>();

    for (int i = 0; i < 1000; i++) {
      seeds.add(plan.request(i).getSeed());
    }

    assertThat(seeds).hasSize(1000).allMatch(seed -> seed >= 0);
  }

  @Test
  void whatIsDrawnFollowsThePublishedRecipe() throws Exception {
    SpecPlan plan = plan(SPEC, model(List.of("a", "b"), 2));
    int[] words = {17, 0, 0, 2};
    Philox4x32.apply(words, 42, 0);

    GenerationRequest request = plan.request(17);

    long low = Integer.toUnsignedLong(words[0]);
    assertThat(request.getSeed()).isEqualTo((((long) words[1] << 32) + low) & Long.MAX_VALUE);
    double drawn = 1.5 + 2.5 * (Integer.toUnsignedLong(words[2]) + 0.5) / 4294967296.0;
    assertThat(request.getGuidanceScale()).isCloseTo(drawn, offset(5e-5));
  }

  @Test
  void samplersAndGuidanceAreSpreadAsTheSpecificationSays() throws Exception {
    SpecPlan plan = plan(SPEC, model(List.of("a", "b"), 2));
    int ddim = 0;
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      GenerationRequest request = plan.request(i);
      ddim += request.getSampler().equals("ddim") ? 1 : 0;
      assertThat(request.getEta()).isEqualTo(request.getSampler().equals("ddim") ? 0.5 : null);
      assertThat(request.getGuidanceScale()).isBetween(1.5, 4.0);
      sum += request.getGuidanceScale();
    }

    // 250 and 2.75 are expected; the bounds are four standard deviations away
    assertThat(ddim).isBetween(195, 305);
    assertThat(sum / 1000).isBetween(2.65, 2.85);
  }

  @Test
  void imagesPerClassMultiplyByTheClasses() throws Exception {
    String spec = SPEC.replace("images: 1000", "images_per_class: 30");

    assertThat(plan(spec, model(List.of("a", "b"), 2)).images()).isEqualTo(60);
  }

  @Test
  void listedLabelsBeginAgainAtTheirEnd() throws Exception {
    SpecPlan plan = plan(SPEC + "labels: {listed: [b, 0, b]}\n", model(List.of("a", "b"), 2));

    assertThat(List.of(0, 1, 2, 3, 4))
        .extracting(i -> plan.request(i).getLabels())
        .containsExactly(List.of(1), List.of(0), List.of(1), List.of(1), List.of(0));
  }

  @Test
  void aClassThatTheModelLacksIsNamed() {
    assertThatThrownBy(() -> plan(SPEC + "labels: {listed: [Boot]}\n", model(List.of("a", "b"), 2)))
        .isInstanceOf(SpecException.class)
        .hasMessage("labels has the class \"Boot\"; expected 0 to 1 or one of a, b");
  }

  @Test
  void moreStepsThanTheModelHasTimestepsAreRefused() {
    assertThatThrownBy(() -> plan(SPEC.replace("steps: 9", "steps: 1001"), model(null, 2)))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("Expected 1 to 1000 steps, found 1001");
  }

  @Test
  void guidanceNeedsAModelWithUnconditionalImages() {
    assertThatThrownBy(() -> plan(SPEC, model(null, null)))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("trained without unconditional images: take scale 1");
  }

  private static SpecPlan plan(String yaml, ModelManifest model) throws SpecException {
    return SpecPlan.of(SpecReader.parse(yaml, "spec.yaml"), model);
  }

  static ModelManifest model(List<String> names, Integer nullClass) {
    return new ModelManifest(
        ModelManifest.FORMAT_VERSION,
        "m",
        "DiG",
        null,
        Map.of(),
        new ModelManifest.Latent(4, 8, 8, true, 2),
        null,
        new ModelManifest.Classes(names == null ? 2 : names.size(), names, nullClass),
        new ModelManifest.Parameterization("epsilon", true),
        new ModelManifest.Schedule("linear", 1000, 0.0001, 0.02),
        null,
        Precision.FP32,
        new ModelManifest.OpDomain("dig", 1),
        null,
        "1",
        Map.of());
  }
}
