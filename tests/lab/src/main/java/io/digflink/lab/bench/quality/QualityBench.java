package io.digflink.lab.bench.quality;

import io.digflink.cli.DeviceOption;
import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.lab.bench.JsonFile;
import io.digflink.lab.cluster.Checkout;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.TrajectorySpec;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bench quality}: what a model row buys. */
@Command(
    name = "quality",
    mixinStandardHelpOptions = true,
    description = {
      "Rows of the denoiser per image against the quality of the images, on the model that ships."
          + " Images are made in this process, without Kafka.",
      "Fréchet distance to the test images of Fashion-MNIST and accuracy are a judge's, which"
          + " export_judge.py of model-export/train wrote. PSNR is to 250 steps of dpm++ from the"
          + " same noise at the same guidance. The classification accuracy score, which trains a"
          + " classifier, is evaluate.py's."
    })
public final class QualityBench implements Callable<Integer> {
  private static final String MODEL = "fashion-dig";

  @Spec private CommandSpec spec;

  @Option(
      names = "--settings",
      converter = Read.class,
      split = ",",
      paramLabel = Setting.FORM,
      description = "Ways to make the images (default: dpm++ of 5 to 20 steps at guidance 3).")
  private List<Setting> settings =
      List.of(5, 8, 10, 14, 20).stream().map(steps -> Setting.of("dpm++:" + steps + ":3")).toList();

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images of each setting, the classes in turn (default: ${DEFAULT-VALUE}).")
  private int images = 2_000;

  @Option(
      names = "--references",
      paramLabel = "N",
      description = "Images compared with their reference; 0: none (default: ${DEFAULT-VALUE}).")
  private int references = 50;

  @Option(
      names = "--batch",
      converter = PositiveNumber.class,
      paramLabel = "ROWS",
      description = "Rows of a run of the denoiser, at least 2 (default: ${DEFAULT-VALUE}).")
  private int batch = 64;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the images (default: 0).")
  private long seed;

  @Mixin private DeviceOption device;

  @Option(
      names = "--judge",
      paramLabel = "FILE",
      description = "Another judge than the one beside the model that ships.")
  private Path judgeFile = Checkout.path("model-export/models/fashion-dig/judge.safetensors");

  @Option(names = "--plot", paramLabel = "FILE", description = "Draw the figures as PNG.")
  private Path plot;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /** Reads a setting. */
  static final class Read implements ITypeConverter<Setting> {
    @Override
    public Setting convert(String value) {
      try {
        return Setting.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Override
  public Integer call() throws Exception {
    if (images < 2 || batch < 2) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected --images and --batch of 2 or more, found " + images + " and " + batch);
    }
    PrintWriter out = spec.commandLine().getOut();
    ModelBundle bundle = ModelBundle.open(models.resolve(out::println).resolve(MODEL));
    Device place = device.device();
    out.printf("%s of %s on %s, seed %d%n", count(images, "image"), bundle.name(), place, seed);
    out.println(Quality.HEADER);
    out.println("| --- | --- | --- | --- | --- | --- | --- |");
    out.flush();
    List<Quality> figures = new ArrayList<>();
    try (Judge judge = Judge.open(judgeFile);
        DenoiserSession denoiser = bundle.openDenoiser(place, 0);
        DecoderSession decoder = bundle.openDecoder(place, 0)) {
      Map<Setting, List<byte[]>> known = new HashMap<>();
      for (Setting setting : settings) {
        List<byte[]> reference = known.get(setting.reference());
        if (reference == null && references > 0) {
          reference =
              ImageSet.make(
                      bundle,
                      denoiser,
                      decoder,
                      specs(setting.reference(), bundle, Math.min(references, images)),
                      batch)
                  .images();
          known.put(setting.reference(), reference);
        }
        ImageSet set =
            ImageSet.make(bundle, denoiser, decoder, specs(setting, bundle, images), batch);
        Quality quality = judge(setting, set, judge, reference);
        figures.add(quality);
        out.println(quality.row());
        out.flush();
      }
    }
    json.write(figures);
    if (plot != null) {
      QualityPlot.write(figures, plot);
    }
    return 0;
  }

  private static String count(int number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  private List<TrajectorySpec> specs(Setting setting, ModelBundle bundle, int count) {
    int classes = bundle.diffusion().classes();
    return IntStream.range(0, count)
        .mapToObj(i -> setting.image(seed, i, i % classes, bundle.latentShape()))
        .toList();
  }

  private static Quality judge(Setting setting, ImageSet set, Judge judge, List<byte[]> reference)
      throws Exception {
    Judge.Opinion opinion = judge.judge(set.images());
    int count = set.images().size();
    long right =
        IntStream.range(0, count).filter(i -> opinion.labels()[i] == i % Judge.CLASSES).count();
    return new Quality(
        setting.family(),
        setting.steps(),
        set.rows() / (double) count,
        Statistics.of(opinion.features()).distanceTo(judge.real()),
        right / (double) count,
        reference == null ? Double.NaN : set.psnr(reference),
        count * 1e9 / set.nanos());
  }
}
