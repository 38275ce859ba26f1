package io.digflink.export;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.ModelManifest;
import io.digflink.export.arch.DenoiserConfig;
import io.digflink.export.arch.Parameters;
import io.digflink.export.arch.VaeConfig;
import io.digflink.export.arch.VaeDecoder;
import io.digflink.export.checkpoint.Checkpoint;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.graph.ElementType;
import io.digflink.export.graph.GraphBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The decoder of a bundle, ready to be written.
 *
 * @param graph the decoder's graph
 * @param config the configuration it was built from
 */
record DecoderGraph(GraphBuilder graph, VaeConfig config) {

  /**
   * Builds the decoder of an AutoencoderKL.
   *
   * @param vae as diffusers saves it, or a file of CompVis'. With a seed, its {@code config.json}
   *     alone is enough, or a directory that holds nothing else
   * @param seed seed of the random weights
   * @param progress receives a line for each assumption
   * @throws io.digflink.export.checkpoint.CheckpointException if it belongs to another model
   */
  static DecoderGraph build(
      Path vae, OptionalLong seed, ElementType precision, Consumer<String> progress)
      throws IOException {
    Optional<Path> alone = seed.isPresent() ? configAlone(vae) : Optional.empty();
    if (alone.isPresent()) {
      VaeConfig config = VaeConfig.of(readConfig(alone.get()));
      return build(config, Parameters.random(seed.getAsLong()), precision);
    }
    Path inner = vae.resolve("vae");
    boolean pipeline = Checkpoints.weights(vae).isEmpty() && Checkpoints.weights(inner).isPresent();
    Checkpoint checkpoint = Checkpoints.openDecoder(pipeline ? inner : vae);
    VaeTensors tensors = VaeTensors.of(checkpoint.model());
    DecoderGraph decoder =
        build(tensors.config(checkpoint, progress), Parameters.of(tensors.dict()), precision);
    decoder.graph.metadata("checkpoint_sha256", checkpoint.sha256());
    return decoder;
  }

  private static DecoderGraph build(VaeConfig config, Parameters parameters, ElementType precision)
      throws IOException {
    GraphBuilder graph = new GraphBuilder(ModelManifest.DECODER, precision);
    VaeDecoder.emit(graph, parameters, config);
    parameters.check(
        "an AutoencoderKL with " + config,
        VaeDecoder.ENCODER_PREFIXES,
        "Give the directory that diffusers saved, with its own config.json.");
    graph.metadata("parameters", Long.toString(parameters.count()));
    graph.metadata("exporter_version", ExporterVersion.get());
    return new DecoderGraph(graph, config);
  }

  /** The configuration, if there are no weights beside it. */
  private static Optional<Path> configAlone(Path vae) {
    if (Files.isDirectory(vae) && Checkpoints.weights(vae).isEmpty()) {
      return Optional.of(vae.resolve(Checkpoints.CONFIG)).filter(Files::isRegularFile);
    }
    return Optional.of(vae)
        .filter(file -> Files.isRegularFile(file) && file.toString().endsWith(".json"));
  }

  private static Map<String, Object> readConfig(Path file) throws IOException {
    return new JsonMapper().readValue(Files.readAllBytes(file), new TypeReference<>() {});
  }

  /** Checks that the decoder takes the denoiser's latents. */
  void requireChannelsOf(DenoiserConfig denoiser) {
    if (denoiser.inChannels() != config.latentChannels()) {
      throw new IllegalArgumentException(
          String.format(
              "The denoiser's latents have %d channels, the decoder's %d: give the --vae that the"
                  + " model was trained with",
              denoiser.inChannels(), config.latentChannels()));
    }
  }
}
