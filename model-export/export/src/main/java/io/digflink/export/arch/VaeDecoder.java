package io.digflink.export.arch;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.real;
import static io.digflink.export.graph.Attributes.text;
import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.Domain;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.LocalFunction;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The decoder of diffusers' AutoencoderKL (arXiv 2112.10752), from the denoiser's latents to
 * images, whose visible range is [−1, 1]. As in the official decoder, values beyond it are kept:
 * whoever converts them to bytes must clamp them.
 *
 * <pre>
 * latent ─ ÷ scaling factor, + shift ─ post_quant_conv ─ conv_in ─ mid_block ─ up_blocks
 *        ─ GroupNorm ─ SiLU ─ conv_out
 * </pre>
 */
public final class VaeDecoder {
  /** Tensors of the same checkpoint that belong to the encoder. */
  public static final List<String> ENCODER_PREFIXES = List.of("encoder.", "quant_conv.");

  private static final double EPSILON = 1e-6;

  private final GraphBuilder graph;
  private final Parameters parameters;
  private final VaeConfig config;

  /**
   * Whether images are (N, H, W, C) between operators, the layout of tensor-core convolutions and
   * of GroupNormSiLU's CUDA kernel. In the graph, convolutions stay between transposes, which ONNX
   * Runtime removes with {@code prefer_nhwc}.
   */
  private final boolean channelsLast;

  private VaeDecoder(GraphBuilder graph, Parameters parameters, VaeConfig config) {
    this.graph = graph;
    this.parameters = parameters;
    this.config = config;
    this.channelsLast = graph.precision() != FLOAT32;
  }

  /** Emits input {@code latent} [N, C, H, W] to output {@code image} [N, 3, s·H, s·W]. */
  public static void emit(GraphBuilder graph, Parameters parameters, VaeConfig config) {
    new VaeDecoder(graph, parameters, config).emit();
  }

  private void emit() {
    List<Integer> channels = new ArrayList<>(config.blockOutChannels());
    Collections.reverse(channels); // from the latent's resolution to the image's
    int widest = channels.get(0);
    Value x = cells(graph.root().at("scaling"), unscaled());
    if (config.usePostQuantConv()) {
      x = conv("post_quant_conv", x, config.latentChannels(), config.latentChannels(), 1);
    }
    x = conv("decoder.conv_in", x, config.latentChannels(), widest, 3);
    x = resnet("decoder.mid_block.resnets.0", x, widest, widest);
    if (config.midBlockAddAttention()) {
      x = attention("decoder.mid_block.attentions.0", x, widest);
    }
    x = resnet("decoder.mid_block.resnets.1", x, widest, widest);
    int in = widest;
    for (int i = 0; i < channels.size(); i++) {
      String block = "decoder.up_blocks." + i;
      for (int layer = 0; layer <= config.layersPerBlock(); layer++) {
        x = resnet(block + ".resnets." + layer, x, in, channels.get(i));
        in = channels.get(i);
      }
      if (i < channels.size() - 1) {
        x = upsample(block + ".upsamplers.0", x, in);
      }
    }
    Value normed = normedSilu("decoder.conv_norm_out", "decoder.conv_act", x, in);
    Value image =
        image(
            at("decoder.conv_out"), conv("decoder.conv_out", normed, in, config.outChannels(), 3));
    graph.output(
        "image",
        graph.root().at("image").cast(image, FLOAT32),
        "N",
        "" + config.outChannels(),
        "imageH",
        "imageW");
  }

  private Value unscaled() {
    Scope scope = graph.root().at("scaling");
    Value latent = graph.input("latent", FLOAT32, "N", "" + config.latentChannels(), "H", "W");
    Value x =
        scope.mul(
            latent, scope.at("factor").floats(new float[] {(float) (1 / config.scalingFactor())}));
    if (config.shiftFactor() != 0) {
      x = scope.add(x, scope.at("shift").floats(new float[] {(float) config.shiftFactor()}));
    }
    return scope.cast(x, graph.precision());
  }

  /**
   *
   *
   * <pre>
   * x ─┬─ norm1 ─ SiLU ─ conv1 ─ norm2 ─ SiLU ─ conv2 ─ +
   *    └─ conv_shortcut (where the channels change) ────┘
   * </pre>
   */
  private Value resnet(String name, Value x, int in, int out) {
    Value inner = normedSilu(name + ".norm1", name + ".act1", x, in);
    inner = conv(name + ".conv1", inner, in, out, 3);
    inner = normedSilu(name + ".norm2", name + ".act2", inner, out);
    inner = conv(name + ".conv2", inner, out, out, 3);
    Value shortcut = in == out ? x : conv(name + ".conv_shortcut", x, in, out, 1);
    return at(name).add(shortcut, inner);
  }

  /**
   * Self-attention of one head over all cells, with a residual.
   *
   * <pre>
   * x ─ group_norm ─ (N, H·W, C) ─ to_q, to_k, to_v ─ MultiHeadAttention ─ to_out ─ (N, C, H, W) ─ +
   * </pre>
   */
  private Value attention(String name, Value x, int channels) {
    Scope scope = at(name);
    // Checkpoints from before diffusers 0.17 have other names.
    boolean old = parameters.contains(name + ".query.weight") && !parameters.areRandom();
    Value normed = groupNorm(name + ".group_norm", image(scope.at("in"), x), channels);
    Value cells =
        scope.at("cells").transpose(scope.at("cells").reshape(normed, 0, channels, -1), 0, 2, 1);
    Value attended =
        scope.node(
            Domain.MICROSOFT,
            "MultiHeadAttention",
            x.type(),
            List.of(
                linear(name + (old ? ".query" : ".to_q"), cells, channels),
                linear(name + (old ? ".key" : ".to_k"), cells, channels),
                linear(name + (old ? ".value" : ".to_v"), cells, channels)),
            integer("num_heads", 1),
            real("scale", 1 / Math.sqrt(channels)));
    Value projected = linear(name + (old ? ".proj_attn" : ".to_out.0"), attended, channels);
    Value restored = channelsLast ? projected : scope.transpose(projected, 0, 2, 1);
    return scope.add(x, scope.at("image").reshape(restored, scope.shapeOf(x, 0, 4)));
  }

  /** Doubles the size by repetition, then convolves. */
  private Value upsample(String name, Value x, int channels) {
    Scope scope = at(name);
    float[] scales = channelsLast ? new float[] {1, 2, 2, 1} : new float[] {1, 1, 2, 2};
    Value larger =
        scope.node(
            Domain.ONNX,
            "Resize",
            x.type(),
            List.of(x, Value.ABSENT, scope.at("scales").floats(scales, 4)),
            text("mode", "nearest"),
            text("nearest_mode", "floor"),
            text("coordinate_transformation_mode", "asymmetric"));
    return conv(name + ".conv", larger, channels, channels, 3);
  }

  private Value conv(String name, Value x, int in, int out, int kernel) {
    Weight weight = parameters.take(name + ".weight", out, in, kernel, kernel);
    Scope scope = at(name);
    Value convolved =
        scope.conv(
            image(scope.at("in"), x),
            graph.weight(scope.at("weight"), weight),
            graph.weight(scope.at("bias"), parameters.take(name + ".bias", out)),
            kernel,
            1,
            kernel / 2,
            1);
    return cells(scope.at("out"), convolved);
  }

  private Value linear(String name, Value x, int channels) {
    Scope scope = at(name);
    Value weight =
        graph.weight(scope.at("weight"), linearWeight(name + ".weight", channels).transposed());
    Value bias = graph.weight(scope.at("bias"), parameters.take(name + ".bias", channels));
    return scope.add(scope.matMul(x, weight), bias);
  }

  /** A square matrix, which the oldest checkpoints store as a 1×1 convolution. */
  private Weight linearWeight(String name, int channels) {
    boolean convolution =
        !parameters.areRandom()
            && parameters.contains(name)
            && parameters.stored(name).shape().length == 4;
    return convolution
        ? parameters.take(name, channels, channels, 1, 1).reshaped(channels, channels)
        : parameters.take(name, channels, channels);
  }

  private Value groupNorm(String name, Value x, int channels) {
    Value gamma = vector(name, "weight", "gamma", channels);
    Value beta = vector(name, "bias", "beta", channels);
    return at(name).groupNorm(x, gamma, beta, config.normNumGroups(), EPSILON);
  }

  /** GroupNorm, then SiLU; an operator of domain {@code dig} if channels come last. */
  private Value normedSilu(String norm, String activation, Value x, int channels) {
    if (!channelsLast) {
      return at(activation).silu(groupNorm(norm, x, channels));
    }
    Value gamma = vector(norm, "weight", "gamma", channels);
    Value beta = vector(norm, "bias", "beta", channels);
    return graph
        .customOperator(
            at(norm),
            "GroupNormSiLU",
            "",
            List.of(x, gamma, beta),
            List.of(integer("groups", config.normNumGroups()), real("epsilon", EPSILON)),
            this::normedSilu)
        .get(0);
  }

  private List<Value> normedSilu(LocalFunction function) {
    Value x = function.input("x", graph.precision());
    Value gamma = function.input("gamma", graph.precision());
    Value beta = function.input("beta", graph.precision());
    Scope body = function.body();
    Value image = image(body.at("image"), x);
    Value normed = body.at("norm").groupNorm(image, gamma, beta, config.normNumGroups(), EPSILON);
    return List.of(cells(body.at("cells"), body.silu(normed)));
  }

  private Value vector(String name, String parameter, String as, int channels) {
    return graph.weight(at(name).at(as), parameters.take(name + "." + parameter, channels));
  }

  /** An image between operators, converted to (N, C, H, W). */
  private Value image(Scope scope, Value x) {
    return channelsLast ? scope.transpose(x, 0, 3, 1, 2) : x;
  }

  /** An image (N, C, H, W), converted to the layout between operators. */
  private Value cells(Scope scope, Value image) {
    return channelsLast ? scope.transpose(image, 0, 2, 3, 1) : image;
  }

  private Scope at(String name) {
    return graph.root().at(name.replace('.', '/'));
  }
}
