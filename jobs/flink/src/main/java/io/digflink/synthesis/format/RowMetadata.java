package io.digflink.synthesis.format;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.WorkFiles;
import java.io.UncheckedIOException;

/**
 * What a data set says of an image beside its pixels.
 *
 * @param fileName path of the image file, or null where it is inside another file
 * @param index place in the data set
 * @param label class index, or null for an unconditional image
 * @param className name of the class, or null
 * @param seed seed of the image's request; text in JSON, since JavaScript and others round integers
 *     above 2^53
 * @param sampler ddpm, ddim or dpm++
 * @param steps denoising steps
 * @param guidance classifier-free guidance scale
 * @param width in pixels
 * @param height in pixels
 * @param sha256 digest of the image file
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonPropertyOrder({"file_name", "index", "label"})
public record RowMetadata(
    @JsonInclude(JsonInclude.Include.NON_NULL) String fileName,
    long index,
    Integer label,
    String className,
    @JsonFormat(shape = JsonFormat.Shape.STRING) long seed,
    String sampler,
    int steps,
    double guidance,
    int width,
    int height,
    String sha256) {

  /** The metadata of a sample whose image lies in a file of its own, or in none (null). */
  public static RowMetadata of(Sample sample, String fileName) {
    GeneratedImage image = sample.image();
    return new RowMetadata(
        fileName,
        sample.index(),
        image.getLabel(),
        image.getClassName(),
        image.getSeed(),
        image.getSampler(),
        image.getSteps(),
        image.getGuidanceScale(),
        image.getWidth(),
        image.getHeight(),
        image.getSha256());
  }

  /** As a line of JSON without its end. */
  public byte[] toJson() {
    try {
      return WorkFiles.JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
