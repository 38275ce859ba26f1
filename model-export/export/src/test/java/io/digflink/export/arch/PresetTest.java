package io.digflink.export.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PresetTest {
  @Test
  void shortAndOfficialNamesMeanTheSame() {
    DenoiserConfig config = Preset.named("DiG-XL/2").config(Map.of());
    assertThat(Preset.named("DiG-XL/2-bid-layer-dwconv-qdir-head18").config(Map.of()))
        .isEqualTo(config);
    assertThat(config.depth()).isEqualTo(28);
    assertThat(((DigConfig) config).numHeads()).isEqualTo(18);
    assertThat(((DigConfig) config).keySize()).isEqualTo(32);
    assertThat(((DigConfig) config).valueSize()).isEqualTo(64);
    assertThat(((DigConfig) config).intermediateSize()).isEqualTo(3072);
    assertThat(Preset.named("DiG-S/2-bid-layer-dwconv-qdir-skipzero"))
        .isEqualTo(Preset.named("DiG-S/2-skip"));
  }

  @Test
  void aConfigurationFindsItsPresetWhateverItsClassesAndInputSize() {
    DenoiserConfig config =
        Preset.named("DiT-B/4").config(Map.of("num_classes", 7, "input_size", 64));
    assertThat(Preset.matching(config)).contains(Preset.named("DiT-B/4"));
    DenoiserConfig other = Preset.named("DiT-B/4").config(Map.of("depth", 11));
    assertThat(Preset.matching(other)).isEmpty();
  }

  @Test
  void anUnknownPresetListsTheKnownOnes() {
    assertThatThrownBy(() -> Preset.named("DiG-M/2"))
        .hasMessageContaining("There is no model \"DiG-M/2\"; expected one of DiG-S/2, ")
        .hasMessageContaining("--config");
  }

  @Test
  void unknownArgumentsAreNamed() {
    assertThatThrownBy(() -> DigConfig.of(Map.of("depht", 4)))
        .hasMessageContaining("DiG has no argument depht; it takes attn_model, bid_mode, ");
    assertThatThrownBy(() -> DitConfig.of(Map.of("if_dw_conv", true)))
        .hasMessageContaining("DiT has no argument if_dw_conv");
  }

  @Test
  void argumentsWithoutEffectAreAccepted() {
    assertThat(DigConfig.of(Map.of("attn_model", "chunk", "use_video", true, "mlp_ratio", 2)))
        .isEqualTo(DigConfig.of(Map.of()));
  }

  @Test
  void argumentsOutOfRangeAreNamed() {
    refused(Map.of("depth", 0), "depth is 0; expected at least 1");
    refused(
        Map.of("depth", 5, "if_skip", true), "depth is 5 with if_skip; expected an even number");
    refused(Map.of("num_heads", 7), "hidden_size·expand_k is 576; expected a positive multiple of");
    refused(
        Map.of("conv_kernel_size", 4, "if_dw_conv", true),
        "conv_kernel_size is 4; expected an odd");
    refused(Map.of("bid_mode", "none"), "bid_mode is \"none\"; expected layer or seq");
    refused(
        Map.of("input_size", 33), "input_size is 33; expected a positive multiple of patch_size 2");
    refused(
        Map.of("hidden_act", "mish"), "hidden_act is \"mish\"; expected one of swish, silu, relu");
    refused(Map.of("learn_sigma", 1), "DiG's argument learn_sigma is 1; expected true or false");
    refused(Map.of("depth", 2.5), "DiG's argument depth is 2.5; expected a whole number");
  }

  @Test
  void aDecoderOfAnotherKindIsRefused() {
    assertThatThrownBy(() -> VaeConfig.of(Map.of("_class_name", "VQModel")))
        .hasMessageContaining("_class_name is VQModel; expected AutoencoderKL");
    assertThatThrownBy(() -> VaeConfig.of(Map.of("act_fn", "mish")))
        .hasMessageContaining("act_fn has mish; only silu is supported");
    assertThatThrownBy(
            () -> VaeConfig.of(Map.of("up_block_types", List.of("AttnUpDecoderBlock2D"))))
        .hasMessageContaining("up_block_types has AttnUpDecoderBlock2D");
    assertThatThrownBy(() -> VaeConfig.of(Map.of("latents_mean", List.of(1))))
        .hasMessageContaining("latents_mean is set; expected null");
  }

  private static void refused(Map<String, Object> arguments, String message) {
    assertThatThrownBy(() -> DigConfig.of(arguments))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aDisFindsItsPresetWhateverItsClassesAndImageSize() {
    DenoiserConfig config =
        Preset.named("DiS-H/2").config(Map.of("num_classes", -1, "img_size", 128));
    assertThat(config.numClasses()).isZero();
    assertThat(Preset.matching(config)).contains(Preset.named("DiS-H/2"));
    assertThat(Preset.matching(Preset.named("DiS-M/4").config(Map.of("skip", false)))).isEmpty();
  }

  @Test
  void argumentsOfAnotherMambaAreNamed() {
    assertThatThrownBy(() -> DisConfig.of(Map.of("bimamba_type", "none")))
        .hasMessage(
            "bimamba_type is \"none\"; expected v2, whose directions share in_proj and out_proj");
    assertThatThrownBy(() -> DisConfig.of(Map.of("ssm_cfg", Map.of("d_state", 8))))
        .hasMessageStartingWith("ssm_cfg is {d_state=8}; expected none: a state of 16");
    assertThatThrownBy(() -> DisConfig.of(Map.of("embed_dim", 47)))
        .hasMessageStartingWith("embed_dim is 47; expected a positive even number");
    assertThatThrownBy(() -> DisConfig.of(Map.of("hidden_size", 48)))
        .hasMessageStartingWith("DiS has no argument hidden_size; it takes bimamba_type, ");
  }
}
