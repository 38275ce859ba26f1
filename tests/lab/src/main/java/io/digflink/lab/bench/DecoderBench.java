package io.digflink.lab.bench;

import io.digflink.bundle.Precision;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.noise.GaussianNoise;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench decoder}: a VAE decoder of Stable Diffusion's size. */
@Command(
    name = "decoder",
    mixinStandardHelpOptions = true,
    description =
        "Time of one run of the decoder of Stable Diffusion's VAE, host to host, random weights, and"
            + " whether an image alone has the bits that it has among others.")
final class DecoderBench implements Callable<Integer> {
  /** What sets the decoder of Stable Diffusion's VAE apart from diffusers' defaults. */
  static final String CONFIG =
      "{\"block_out_channels\": [128, 256, 512, 512], \"layers_per_block\": 2}";

  private static final int NOISE_SEED = 7;

  @Spec private CommandSpec spec;

  @Mixin private RunOptions options;

  @Option(
      names = "--batches",
      converter = PositiveNumber.class,
      split = ",",
      paramLabel = "N",
      description = "Images per run (default: ${DEFAULT-VALUE}).")
  private List<Integer> batches = List.of(1, 8);

  @Option(
      names = "--size",
      converter = PositiveNumber.class,
      paramLabel = "PIXELS",
      description = "Side of the images (default: ${DEFAULT-VALUE}).")
  private int size = 256;

  @Option(
      names = "--precision",
      paramLabel = "fp16|fp32",
      description = "Number format of the model (default: ${DEFAULT-VALUE}).")
  private Precision precision = Precision.FP16;

  @Mixin private JsonFile json;

  /**
   * What one run takes.
   *
   * @param milliseconds median of the runs
   * @param differing elements of the first image that differ from those of it alone
   */
  record Figures(int images, double milliseconds, double perImage, int differing) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Device device = options.device();
    out.printf("%s, %s, %d², median of %d runs%n", device, precision, size, options.runs());
    out.println("| images | ms | ms per image | elements of the first image that differ |");
    out.println("| --- | --- | --- | --- |");
    List<Figures> figures = new ArrayList<>();
    Path directory = Files.createTempDirectory("dig-bench-");
    try {
      ModelBundle bundle = RandomBundle.withDecoder(CONFIG, precision, directory);
      try (DecoderSession session = bundle.openDecoder(device, 0)) {
        int side = size / bundle.imageScale();
        LatentShape shape = new LatentShape(bundle.latentShape().channels(), side, side);
        float[] alone = session.run(latents(1, shape), shape, 1)[0];
        for (int images : batches) {
          figures.add(measure(session, shape, images, alone));
          out.println(row(figures.get(figures.size() - 1)));
          out.flush();
        }
      }
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    json.write(figures);
    return 0;
  }

  private Figures measure(DecoderSession session, LatentShape shape, int images, float[] alone)
      throws SessionException {
    List<float[]> latents = latents(images, shape);
    double median = options.medianMilliseconds(() -> session.run(latents, shape, images));
    float[] first = session.run(latents, shape, images)[0];
    int differing = ProfiledRun.differing(alone, first);
    return new Figures(images, median, median / images, differing);
  }

  private static List<float[]> latents(int count, LatentShape shape) {
    List<float[]> latents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] latent = new float[shape.size()];
      new GaussianNoise(NOISE_SEED, i).fill(GaussianNoise.Purpose.INITIAL, 0, latent);
      latents.add(latent);
    }
    return latents;
  }

  private static String row(Figures figures) {
    return String.format(
        Locale.ROOT,
        "| %d | %.2f | %.2f | %d |",
        figures.images(),
        figures.milliseconds(),
        figures.perImage(),
        figures.differing());
  }
}
