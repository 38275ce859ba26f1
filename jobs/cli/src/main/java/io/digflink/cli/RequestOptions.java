package io.digflink.cli;

import io.digflink.cli.client.LabelList;
import io.digflink.export.ImageSize;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.schemas.GenerationRequest;
import java.util.List;
import picocli.CommandLine.Option;

/** What a request asks for. */
final class RequestOptions {
  private static final int HIGHEST_PRIORITY = 9;

  @Option(
      names = "--labels",
      paramLabel = "NAME",
      description =
          "Class names or numbers, separated by commas; a name with a comma in double quotes. May be"
              + " repeated (default: unconditional images).")
  private List<String> labels = List.of();

  @Option(
      names = "--count",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of images per label (default: ${DEFAULT-VALUE}).")
  private int count = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same bytes (default: ${DEFAULT-VALUE}).")
  private long seed = 0;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      description = "Sampler: ddpm, ddim or dpm++ (default: ${DEFAULT-VALUE}).")
  private String sampler = SamplerType.DPM_SOLVER_PP_2M.id();

  @Option(
      names = "--steps",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Denoising steps (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale; 1 means none (default: ${DEFAULT-VALUE}).")
  private double guidance = 1;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description = "Image size in pixels, 256 or HEIGHTxWIDTH (default: the model's).")
  private String size;

  @Option(
      names = "--format",
      paramLabel = "png|jpeg",
      description = "Format of the image files (default: ${DEFAULT-VALUE}).")
  private String format = "png";

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "Whose share of the service it counts towards (default: none's).")
  private String tenant;

  @Option(
      names = "--priority",
      paramLabel = "0-9",
      description =
          "Weight among the tenant's requests; each step doubles it (default: ${DEFAULT-VALUE}).")
  private int priority = 5;

  List<String> labels() {
    return labels;
  }

  int imagesPerLabel() {
    return count;
  }

  /**
   * Checks what can be wrong whatever the model is; the rest is the job's to judge.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  void check() {
    SamplerType.of(sampler);
    ImageFormat.of(format);
    if (size != null) {
      ImageSize.parse(size);
    }
    if (priority < 0 || priority > HIGHEST_PRIORITY) {
      throw new IllegalArgumentException("Expected --priority of 0 to 9, found " + priority);
    }
  }

  /** A request that lacks its id. */
  GenerationRequest.Builder request(String modelName, LabelList classes) {
    ImageSize pixels = size == null ? null : ImageSize.parse(size);
    return GenerationRequest.newBuilder()
        .setModel(modelName)
        .setLabels(classes.numbers())
        .setClassNames(classes.names())
        .setImagesPerLabel(count)
        .setSeed(seed)
        .setSampler(sampler)
        .setSteps(steps)
        .setGuidanceScale(guidance)
        .setHeight(pixels == null ? null : pixels.height())
        .setWidth(pixels == null ? null : pixels.width())
        .setImageFormat(format)
        .setTenant(tenant)
        .setPriority(priority);
  }
}
