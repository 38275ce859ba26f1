package io.digflink.runtime.image;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * How an image was made, as its own file says it: enough to make the same file again. Everything is
 * a function of the request, the model and the version of the program; there are no times and no
 * names of machines.
 *
 * @param requestId the client's name for the request; in a data set the number of the request
 * @param index place of the image in its request; with the seed it is the key of the noise
 * @param model name of the bundle
 * @param bundleDigest digest of the bundle
 * @param label class index, or null for an unconditional image
 * @param className name of the class, or null where there is none
 * @param seed seed of the request; text in JSON, since many readers round integers above 2^53
 * @param sampler name of the sampler
 * @param steps denoising steps
 * @param timestepSpacing name of the timestep spacing
 * @param eta stochasticity of ddim
 * @param guidanceScale scale that guided the image; 1 if nothing did
 * @param guidanceChannels channels that guidance acts on, as requests name them
 * @param guidanceFrom lower end of the guided interval
 * @param guidanceTo upper end of the guided interval
 * @param width in pixels
 * @param height in pixels
 * @param jpegQuality quality of a JPEG, or null for other files
 * @param program name and version of the program that wrote the file
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonPropertyOrder({"requestId", "index", "model", "bundleDigest", "label", "className"})
public record ImageProvenance(
    String requestId,
    int index,
    String model,
    String bundleDigest,
    Integer label,
    @JsonInclude(JsonInclude.Include.NON_NULL) String className,
    @JsonFormat(shape = JsonFormat.Shape.STRING) long seed,
    String sampler,
    int steps,
    String timestepSpacing,
    double eta,
    double guidanceScale,
    String guidanceChannels,
    double guidanceFrom,
    double guidanceTo,
    int width,
    int height,
    @JsonInclude(JsonInclude.Include.NON_NULL) Integer jpegQuality,
    String program) {
  /** Name and version of this program. */
  public static final String PROGRAM = readProgram();

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

  /** As JSON on one line, with the keys in the order of the components. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IOException if it is something else, or has keys of a newer version
   */
  public static ImageProvenance parse(String json) throws IOException {
    ImageProvenance provenance = JSON.readValue(json, ImageProvenance.class);
    if (provenance == null) {
      throw new IOException("Expected how an image was made, found null");
    }
    return provenance;
  }

  private static String readProgram() {
    try (InputStream in = ImageProvenance.class.getResourceAsStream("program.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("program");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
