package io.digflink.bundle;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The contents of a bundle's {@code model.json}.
 *
 * @param formatVersion version of this record, {@value #FORMAT_VERSION}
 * @param name name that requests use: letters, digits, dot, dash and underscore
 * @param architecture {@code DiG} or {@code DiT}
 * @param preset name of the preset that the model is an instance of, or null
 * @param config arguments of the official constructor
 * @param latent shape of a latent
 * @param image how latents become images, or null in a bundle without a decoder
 * @param preview what an image looks like before it is decoded, or null in a bundle without a
 *     decoder or of an exporter that did not write it
 * @param classes the classes, or null for an unconditional model
 * @param parameterization what the network's output means
 * @param schedule the forward process that the model was trained with
 * @param vaeScalingFactor the decoder's scaling factor (the decoder graph divides by it), or null
 *     in a bundle without decoder
 * @param precision number format inside the graphs
 * @param opDomain version of the custom operators that the graphs were written for
 * @param checkpointSha256 SHA-256 of the checkpoint, or null where weights are random
 * @param exporterVersion version of the program that wrote the bundle
 * @param files size and digest of every file beside {@code model.json}, by file name
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ModelManifest(
    int formatVersion,
    String name,
    String architecture,
    String preset,
    Map<String, Object> config,
    Latent latent,
    @JsonInclude(JsonInclude.Include.NON_NULL) Image image,
    @JsonInclude(JsonInclude.Include.NON_NULL) Preview preview,
    Classes classes,
    Parameterization parameterization,
    Schedule schedule,
    @JsonInclude(JsonInclude.Include.NON_NULL) Double vaeScalingFactor,
    Precision precision,
    OpDomain opDomain,
    // Jackson's strategy would write "checkpoint_sha256" for this one too; named to be sure.
    @JsonProperty("checkpoint_sha256") String checkpointSha256,
    String exporterVersion,
    Map<String, FileDigest> files) {

  /** Version of {@code model.json} that this class reads and writes. */
  public static final int FORMAT_VERSION = 1;

  /** File name of the denoiser graph. */
  public static final String DENOISER = "denoiser.onnx";

  /** File name of the decoder graph. */
  public static final String DECODER = "decoder.onnx";

  private static final Set<String> ARCHITECTURES = Set.of("DiG", "DiT", "DiS");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public ModelManifest {
    require(
        formatVersion == FORMAT_VERSION,
        "format_version is %d but this program reads version %d: export the model again with this"
            + " program, or use the program that wrote it",
        formatVersion,
        FORMAT_VERSION);
    requirePresent("name", name);
    require(
        NAME.matcher(name).matches(),
        "name is \"%s\"; expected at most 128 letters, digits, dots, dashes and underscores,"
            + " starting with a letter or digit",
        name);
    requirePresent("architecture", architecture);
    require(
        ARCHITECTURES.contains(architecture),
        "architecture is \"%s\"; expected DiG, DiT or DiS",
        architecture);
    requirePresent("config", config);
    requirePresent("latent", latent);
    requirePresent("parameterization", parameterization);
    requirePresent("schedule", schedule);
    requirePresent("precision", precision);
    requirePresent("op_domain", opDomain);
    requirePresent("exporter_version", exporterVersion);
    requirePresent("files", files);
    require(
        checkpointSha256 == null || SHA256.matcher(checkpointSha256).matches(),
        "checkpoint_sha256 is \"%s\"; expected 64 hexadecimal digits or null",
        checkpointSha256);
    require(
        vaeScalingFactor == null || (vaeScalingFactor > 0 && Double.isFinite(vaeScalingFactor)),
        "vae_scaling_factor is %s; expected a positive number",
        vaeScalingFactor);
    config = Collections.unmodifiableMap(new LinkedHashMap<>(config));
    files = Collections.unmodifiableMap(new TreeMap<>(files));
    files.keySet().forEach(ModelManifest::requireFileName);
    require(
        files.containsKey(DECODER) == (image != null) || files.isEmpty(),
        "files %s %s but image is %s: a bundle has both or neither",
        files.containsKey(DECODER) ? "name" : "do not name",
        DECODER,
        image);
    require(
        preview == null || image != null && preview.fits(latent.channels(), image.channels()),
        "preview is %s; expected rows of %d weights and as many biases as the image has channels,"
            + " or none",
        preview,
        latent.channels());
  }

  /** The same manifest with a preview. */
  public ModelManifest withPreview(Preview newPreview) {
    return with(newPreview, files);
  }

  /** The same manifest with another list of files. */
  public ModelManifest withFiles(Map<String, FileDigest> newFiles) {
    return with(preview, newFiles);
  }

  private ModelManifest with(Preview newPreview, Map<String, FileDigest> newFiles) {
    return new ModelManifest(
        formatVersion,
        name,
        architecture,
        preset,
        config,
        latent,
        image,
        newPreview,
        classes,
        parameterization,
        schedule,
        vaeScalingFactor,
        precision,
        opDomain,
        checkpointSha256,
        exporterVersion,
        newFiles);
  }

  /** Number of channels of the denoiser's output: twice the latent's where sigma is learned. */
  @JsonIgnore
  public int outputChannels() {
    return latent.channels() * (parameterization.learnSigma() ? 2 : 1);
  }

  /**
   * Whether images must be square: a DiG that scans in four directions, with a depth of which they
   * are no multiple, leaves its output transposed.
   */
  @JsonIgnore
  public boolean squareOnly() {
    return Boolean.TRUE.equals(config.get("if_quad_dir"))
        && config.get("depth") instanceof Number depth
        && depth.intValue() / 2 % 2 == 1;
  }

  /**
   * Shape of a latent, all in latent cells.
   *
   * @param channels channels of a latent
   * @param height rows of the trained size
   * @param width columns of the trained size
   * @param dynamicSize whether the denoiser takes other sizes than the trained one
   * @param sizeMultiple what height and width must be multiples of (the patch size)
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Latent(int channels, int height, int width, boolean dynamicSize, int sizeMultiple) {
    /** Far above any model's size; larger numbers would overflow when pixels are counted. */
    private static final int MOST_CELLS = 1 << 16;

    public Latent {
      require(channels > 0, "latent.channels is %d; expected at least 1", channels);
      require(sizeMultiple > 0, "latent.size_multiple is %d; expected at least 1", sizeMultiple);
      require(
          isSize(height, sizeMultiple) && isSize(width, sizeMultiple),
          "latent is %d×%d cells; expected positive multiples of %d, at most %d",
          height,
          width,
          sizeMultiple,
          MOST_CELLS);
    }

    private static boolean isSize(int cells, int multiple) {
      return cells > 0 && cells <= MOST_CELLS && cells % multiple == 0;
    }
  }

  /**
   * How latents become images.
   *
   * @param scale image pixels per latent cell, in each direction
   * @param channels channels of the image
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Image(int scale, int channels) {
    public Image {
      require(scale > 0, "image.scale is %d; expected at least 1", scale);
      require(channels > 0, "image.channels is %d; expected at least 1", channels);
    }
  }

  /**
   * What an image looks like before it is decoded: a linear map from a latent cell, as the denoiser
   * leaves it, to the mean of the image's pixels there, displayed from −1 to 1.
   *
   * @param weights for each channel of the image one for each channel of the latent
   * @param bias for each channel of the image
   */
  public record Preview(List<List<Double>> weights, List<Double> bias) {
    public Preview {
      requirePresent("preview.weights", weights);
      requirePresent("preview.bias", bias);
      weights = weights.stream().map(List::copyOf).toList();
      bias = List.copyOf(bias);
      require(
          Stream.concat(bias.stream(), weights.stream().flatMap(List::stream))
              .allMatch(Double::isFinite),
          "preview has the numbers %s and %s; expected finite ones",
          weights,
          bias);
    }

    private boolean fits(int latentChannels, int imageChannels) {
      return bias.size() == imageChannels
          && weights.size() == imageChannels
          && weights.stream().allMatch(row -> row.size() == latentChannels);
    }
  }

  /**
   * The classes that a model is conditioned on.
   *
   * @param count number of classes; labels are 0 to count−1
   * @param names a name for each class, or null if none were given
   * @param nullClass label of the unconditional class for classifier-free guidance, or null where
   *     the model was trained without label dropout
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Classes(int count, List<String> names, Integer nullClass) {
    public Classes {
      require(count > 0, "classes.count is %d; expected at least 1", count);
      names = names == null ? null : List.copyOf(names);
      require(
          names == null || names.size() == count,
          "classes.names has %s entries; expected one for each of the %d classes",
          names == null ? 0 : names.size(),
          count);
      require(
          nullClass == null || nullClass == count,
          "classes.null_class is %s; expected %d (the label after the last class) or null",
          nullClass,
          count);
    }

    /** Label of the class of this name, compared without regard to case. */
    public Optional<Integer> labelOf(String className) {
      for (int label = 0; names != null && label < names.size(); label++) {
        if (names.get(label).equalsIgnoreCase(className)) {
          return Optional.of(label);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * What the network's output means.
   *
   * @param prediction {@code epsilon}: the noise
   * @param learnSigma whether the second half of the output's channels interpolates the variance
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Parameterization(String prediction, boolean learnSigma) {
    public Parameterization {
      require(
          "epsilon".equals(prediction),
          "parameterization.prediction is \"%s\"; expected epsilon",
          prediction);
    }
  }

  /**
   * The forward process: a variance β for each timestep.
   *
   * @param type {@code linear}: β goes from betaStart to betaEnd in equal steps
   * @param timesteps number of timesteps
   * @param betaStart β of timestep 0
   * @param betaEnd β of the last timestep
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Schedule(String type, int timesteps, double betaStart, double betaEnd) {
    /** Each model's tables have this length. */
    private static final int MOST_TIMESTEPS = 1_000_000;

    public Schedule {
      require("linear".equals(type), "schedule.type is \"%s\"; expected linear", type);
      require(
          timesteps > 1 && timesteps <= MOST_TIMESTEPS,
          "schedule.timesteps is %d; expected 2 to %d",
          timesteps,
          MOST_TIMESTEPS);
      require(
          betaStart > 0 && betaStart <= betaEnd && betaEnd < 1,
          "schedule goes from beta %s to %s; expected 0 < beta_start <= beta_end < 1",
          betaStart,
          betaEnd);
    }
  }

  /**
   * The custom operators that the graphs use.
   *
   * @param name ONNX domain, {@value #NAME}
   * @param version op-set version, {@value #VERSION}
   */
  public record OpDomain(String name, int version) {
    /** The domain of this project's operators. */
    public static final String NAME = "dig";

    /** The op-set version that this program writes and runs. */
    public static final int VERSION = 1;

    public OpDomain {
      requirePresent("op_domain.name", name);
      require(
          name.equals(NAME) && version == VERSION,
          "op_domain is %s version %d, but this program has %s version %d: export the model again"
              + " with this program, or use the program that wrote it",
          name,
          version,
          NAME,
          VERSION);
    }
  }

  /**
   * Size and digest of a file.
   *
   * @param bytes size in bytes
   * @param sha256 SHA-256 in lower-case hexadecimal digits
   */
  public record FileDigest(long bytes, String sha256) {
    public FileDigest {
      require(bytes >= 0, "a file has %d bytes; expected none or more", bytes);
      require(
          sha256 != null && SHA256.matcher(sha256).matches(),
          "a file's sha256 is \"%s\"; expected 64 hexadecimal digits",
          sha256);
    }
  }

  private static void requireFileName(String file) {
    require(
        NAME.matcher(file).matches() && !file.equals(BundleDirectory.MANIFEST),
        "files names \"%s\"; expected a plain file name beside %s, without directories",
        file,
        BundleDirectory.MANIFEST);
  }

  private static void requirePresent(String key, Object value) {
    require(value != null, "%s is missing", key);
  }

  private static void require(boolean condition, String format, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(format, arguments));
    }
  }
}
