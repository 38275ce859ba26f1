package io.digflink.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.Precision;
import io.digflink.export.ClassNames;
import io.digflink.export.ExportRequest;
import io.digflink.export.Exporter;
import io.digflink.export.ImageSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code export CHECKPOINT --out DIR}: exports a checkpoint as a model bundle. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Export a PyTorch or safetensors checkpoint as a model bundle.")
public final class ExportCommand implements Callable<Integer> {
  private static final JsonMapper MAPPER = new JsonMapper();

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "CHECKPOINT",
      description =
          "A .pt, .pth, .bin or .safetensors file, the index of a sharded one, or a directory that"
              + " diffusers saved: a whole DiT pipeline or its transformer.")
  private Path checkpoint;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The bundle's directory (required, except with --dry-run).")
  private Path out;

  @Option(
      names = "--vae",
      paramLabel = "DIR",
      description =
          "An AutoencoderKL: its directory as diffusers saves it, its weights with config.json"
              + " beside them, or a Stable Diffusion .ckpt (with --random-weights config.json is"
              + " enough). Default: a pipeline's own; otherwise the bundle has no decoder.")
  private Path vae;

  @Option(
      names = "--weights",
      converter = WeightChoiceConverter.class,
      paramLabel = "ema|model",
      description =
          "Which weights: the moving average, or those as trained (default: ema if there is one).")
  private ExportRequest.WeightChoice weights = ExportRequest.WeightChoice.BEST;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The model's preset, such as DiG-S/2 (default: what the checkpoint says).")
  private String model;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "JSON file with arguments of the official constructor, which override the preset's. It"
              + " may name the \"architecture\", DiG, DiT or DiS.")
  private Path config;

  @Option(
      names = "--precision",
      converter = PrecisionConverter.class,
      paramLabel = "fp32|fp16|fp8",
      description =
          "Number format of weights and products (default: fp32). fp8: products of the blocks in 8"
              + " bits, the rest in fp16; fast on Hopper GPUs only.")
  private Precision precision = Precision.FP32;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description =
          "Export for this image size only, in pixels (8 per latent cell if there is no --vae).")
  private String size;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name that requests use (default: the name of the directory).")
  private String name;

  @Option(
      names = "--class-names",
      paramLabel = "FILE",
      description =
          "A file with a name for each class: one per line, or a JSON list or object (default: a"
              + " pipeline's own).")
  private Path classNames;

  @Option(
      names = "--random-weights",
      paramLabel = "SEED",
      description = "Random weights instead of a checkpoint, for benchmarks; needs --model.")
  private Long seed;

  @Option(names = "--force", description = "Replace an existing bundle.")
  private boolean force;

  @Option(
      names = "--dry-run",
      description = "Check everything and say what would be exported, but write nothing.")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException {
    if (out == null && !dryRun) {
      throw new ParameterException(
          spec.commandLine(), "Missing required option: '--out=DIR' (or give --dry-run)");
    }
    PrintWriter progress = spec.commandLine().getOut();
    Exporter exporter =
        new Exporter(
            request(),
            line -> {
              progress.println(line);
              progress.flush();
            });
    if (dryRun) {
      exporter.check();
    } else {
      exporter.export();
    }
    return 0;
  }

  private ExportRequest request() throws IOException {
    return new ExportRequest(
        Optional.ofNullable(checkpoint),
        seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
        Optional.ofNullable(vae),
        out == null ? Path.of("model") : out,
        Optional.ofNullable(name),
        weights,
        Optional.ofNullable(model),
        config == null ? Optional.empty() : Optional.of(readConfig(config)),
        precision,
        Optional.ofNullable(size).map(ImageSize::parse),
        classNames == null ? List.of() : ClassNames.read(classNames),
        force);
  }

  private static Map<String, Object> readConfig(Path file) throws IOException {
    try {
      return MAPPER.readValue(Files.readAllBytes(file), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          file + " is not a JSON object of constructor arguments: " + e.getOriginalMessage(), e);
    }
  }

  private static final class PrecisionConverter implements ITypeConverter<Precision> {
    @Override
    public Precision convert(String value) {
      return switch (value) {
        case "fp32" -> Precision.FP32;
        case "fp16" -> Precision.FP16;
        case "fp8" -> Precision.FP8;
        default -> throw new TypeConversionException("expected fp32, fp16 or fp8, found " + value);
      };
    }
  }

  private static final class WeightChoiceConverter
      implements ITypeConverter<ExportRequest.WeightChoice> {
    @Override
    public ExportRequest.WeightChoice convert(String value) {
      return switch (value) {
        case "ema" -> ExportRequest.WeightChoice.EMA;
        case "model" -> ExportRequest.WeightChoice.MODEL;
        default -> throw new TypeConversionException("expected ema or model, found " + value);
      };
    }
  }
}
