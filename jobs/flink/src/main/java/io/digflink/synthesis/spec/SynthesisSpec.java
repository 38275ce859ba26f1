package io.digflink.synthesis.spec;

import static io.digflink.synthesis.spec.SpecChecks.check;
import static io.digflink.synthesis.spec.SpecChecks.read;
import static io.digflink.synthesis.spec.SpecChecks.require;
import static io.digflink.synthesis.spec.SpecChecks.requirePresent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.digflink.runtime.image.ImageEncoder;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.sampling.Guidance;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * What a data set consists of. Either all of its images are drawn from {@code seed}, or they are
 * those that the requests of a Kafka topic ask for; then the keys from {@code images} to {@code
 * image} are left out.
 *
 * @param model name of the model bundle
 * @param requests topic of requests, or null
 * @param images images in total, or null where {@code imagesPerClass} is given
 * @param imagesPerClass images of every class, or null; only with balanced labels
 * @param labels how images get their labels; balanced where not given
 * @param seed decides all that is drawn; 0 where not given
 * @param samplers each image draws one of them by weight
 * @param guidance classifier-free guidance; scale 1, that is none, where not given
 * @param image size and file format; the model's size and png where not given
 * @param output data-set format
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SynthesisSpec(
    String model,
    Requests requests,
    Long images,
    Long imagesPerClass,
    Labels labels,
    @JsonSerialize(using = ExactInteger.Writer.class)
        @JsonDeserialize(using = ExactInteger.Reader.class)
        Long seed,
    List<SamplerChoice> samplers,
    GuidanceRange guidance,
    ImageFile image,
    Output output)
    implements Serializable {

  public SynthesisSpec {
    requirePresent("model", model);
    requirePresent("output", output);
    if (requests == null) {
      labels = labels == null ? Labels.BALANCED : labels;
      requireOneCount(images, imagesPerClass, labels);
      seed = seed == null ? 0L : seed;
      require(samplers != null && !samplers.isEmpty(), "samplers is missing: give at least one");
      samplers = List.copyOf(samplers);
      guidance = guidance == null ? GuidanceRange.NONE : guidance;
      image = image == null ? new ImageFile(null, null, null, null) : image;
      require(
          output.format() != OutputFormat.NPZ || image.fileFormat() == ImageFormat.PNG,
          "image.format is jpeg with output.format npz, which holds plain pixels: the loss would"
              + " stay in them for nothing; take png");
    } else {
      require(
          images == null
              && imagesPerClass == null
              && labels == null
              && seed == null
              && samplers == null
              && guidance == null
              && image == null,
          "requests is given with keys that the requests themselves decide: leave out images,"
              + " images_per_class, labels, seed, samplers, guidance and image");
    }
  }

  private static void requireOneCount(Long images, Long imagesPerClass, Labels labels) {
    require(
        (images == null) != (imagesPerClass == null),
        "%s of images and images_per_class given; expected exactly one",
        images == null ? "none" : "both");
    require(images == null || images > 0, "images is %s; expected 1 or more", images);
    require(
        imagesPerClass == null || imagesPerClass > 0,
        "images_per_class is %s; expected 1 or more",
        imagesPerClass);
    require(
        imagesPerClass == null || labels.equals(Labels.BALANCED),
        "images_per_class is given with %s labels; expected balanced, or give images",
        labels.kind());
  }

  /**
   * A topic of GenerationRequest records, read from its beginning to its end at the first start.
   *
   * @param bootstrapServers Kafka brokers, host:port, separated by commas
   * @param topic the topic
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Requests(String bootstrapServers, String topic) implements Serializable {
    public Requests {
      requirePresent("requests.bootstrap_servers", bootstrapServers);
      requirePresent("requests.topic", topic);
    }
  }

  /**
   * A sampler that images may draw.
   *
   * @param name ddpm, ddim or dpm++
   * @param steps denoising steps
   * @param spacing uniform or ddim; uniform where not given
   * @param eta stochasticity of ddim, 0 to 1; 0 where not given
   * @param weight share of the images relative to the other samplers' weights; 1 where not given
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record SamplerChoice(String name, Integer steps, String spacing, Double eta, Double weight)
      implements Serializable {
    public SamplerChoice {
      requirePresent("samplers.name", name);
      String givenName = name;
      SamplerType sampler = read(() -> Capabilities.sampler(givenName));
      name = sampler.id();
      requirePresent("samplers.steps", steps);
      require(steps > 0, "samplers.steps is %d; expected 1 or more", steps);
      String givenSpacing = spacing == null ? TimestepSpacing.UNIFORM.id() : spacing;
      spacing = read(() -> Capabilities.spacing(givenSpacing)).id();
      Double givenEta = eta;
      check(() -> Capabilities.checkEta(givenEta, sampler));
      weight = weight == null ? 1.0 : weight;
      require(
          weight > 0 && Double.isFinite(weight),
          "samplers.weight is %s; expected a positive number",
          weight);
    }
  }

  /**
   * Classifier-free guidance. With two different ends each image draws its scale between them.
   *
   * @param scale the scale of every image, or null where from and to are given
   * @param from least scale
   * @param to greatest scale
   * @param channels first-three (as the official sampling does) or all; first-three where not given
   * @param interval ends of the guided part of the trajectory as fractions of the training
   *     timesteps; [0, 1] where not given
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record GuidanceRange(
      Double scale, Double from, Double to, String channels, List<Double> interval)
      implements Serializable {
    /** No guidance. */
    static final GuidanceRange NONE = new GuidanceRange(1.0, null, null, null, null);

    public GuidanceRange {
      require(
          scale != null ? from == null && to == null : from != null && to != null,
          "guidance has scale %s, from %s, to %s; expected a scale, or from and to",
          scale,
          from,
          to);
      from = scale == null ? from : scale;
      to = scale == null ? to : scale;
      scale = null;
      require(
          from >= 1 && from <= to && Double.isFinite(to),
          "guidance goes from %s to %s; expected numbers of 1 (no guidance) or more, the smaller"
              + " first",
          from,
          to);
      channels = channels == null ? "first-three" : channels.toLowerCase(Locale.ROOT);
      require(
          channels.equals("first-three") || channels.equals("all"),
          "guidance.channels is \"%s\"; expected first-three or all",
          channels);
      interval = interval == null ? List.of(0.0, 1.0) : List.copyOf(interval);
      require(
          interval.size() == 2,
          "guidance.interval is %s; expected two fractions of 0 to 1, the smaller first",
          interval);
      double start = interval.get(0);
      double end = interval.get(1);
      check(() -> Capabilities.checkGuidanceInterval(start, end));
    }

    /** Latent channels that guidance acts on. */
    public Guidance.Channels guidedChannels() {
      return channels.equals("all") ? Guidance.Channels.ALL : Guidance.Channels.FIRST_THREE;
    }
  }

  /**
   * Size and file format of the images.
   *
   * @param format png or jpeg; png where not given
   * @param quality of a jpeg, 1 to 100; 90 where not given
   * @param width in pixels, or null for the model's own
   * @param height in pixels, or null for the model's own
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ImageFile(String format, Integer quality, Integer width, Integer height)
      implements Serializable {
    public ImageFile {
      String givenFormat = format == null ? ImageFormat.PNG.id() : format;
      ImageFormat file = read(() -> Capabilities.format(givenFormat));
      format = file.id();
      Integer givenQuality = quality;
      check(() -> Capabilities.checkQuality(givenQuality, file));
      quality =
          file == ImageFormat.JPEG && quality == null
              ? Integer.valueOf(ImageEncoder.DEFAULT_QUALITY)
              : quality;
      require(
          (width == null) == (height == null),
          "image has width %s and height %s; expected both or neither",
          width,
          height);
      require(
          width == null || (width > 0 && height > 0),
          "image is %s×%s pixels; expected positive numbers",
          width,
          height);
    }

    /** The file format. */
    public ImageFormat fileFormat() {
      return ImageFormat.of(format);
    }
  }

  /**
   * How the data set lies on disk.
   *
   * @param format data-set format
   * @param shardSize images per shard; 1000 where not given
   * @param latents whether the latents before the decoder are kept too; false where not given
   * @param imageMetadata whether image files say how they were made; null stands for the default:
   *     true, except in an npz, which has no image files
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Output(
      OutputFormat format, Integer shardSize, Boolean latents, Boolean imageMetadata)
      implements Serializable {
    /** Images per shard where a specification does not say. */
    static final int DEFAULT_SHARD_SIZE = 1000;

    public Output {
      requirePresent("output.format", format);
      shardSize = shardSize == null ? DEFAULT_SHARD_SIZE : shardSize;
      require(
          shardSize >= 1 && shardSize <= 1_000_000,
          "output.shard_size is %d; expected 1 to 1000000",
          shardSize);
      latents = latents != null && latents;
      require(
          format != OutputFormat.NPZ || imageMetadata == null || !imageMetadata,
          "output.image_metadata is true with output.format npz, which has no image files: leave it"
              + " out, or take another format");
      // The default stays unwritten: complete data sets of earlier versions have no such key.
      imageMetadata = imageMetadata == null || imageMetadata ? null : Boolean.FALSE;
    }

    /** Whether image files say how they were made. */
    public boolean writesImageMetadata() {
      return imageMetadata == null && format != OutputFormat.NPZ;
    }
  }
}
