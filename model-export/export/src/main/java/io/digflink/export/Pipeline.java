package io.digflink.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.ModelManifest;
import io.digflink.export.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A directory of a whole pipeline as diffusers saves it.
 *
 * @param transformer directory of the denoiser
 * @param vae directory of the decoder, if there is one
 * @param classNames a name for each class, or empty
 * @param schedule the noise schedule that the model was trained with, if it is said
 */
record Pipeline(
    Path transformer,
    Optional<Path> vae,
    List<String> classNames,
    Optional<ModelManifest.Schedule> schedule) {
  private static final String INDEX = "model_index.json";
  private static final String TYPE = "_class_name";
  private static final JsonMapper MAPPER = new JsonMapper();

  /**
   * The pipeline in a directory, or empty if it is none.
   *
   * @throws CheckpointException if it is not one of a DiT
   * @throws IllegalArgumentException if its noise schedule or its class names cannot be used
   */
  static Optional<Pipeline> at(Path directory) throws IOException {
    Path index = directory.resolve(INDEX);
    if (!Files.isRegularFile(index)) {
      return Optional.empty();
    }
    Map<String, Object> content = read(index);
    Path transformer = directory.resolve("transformer");
    if (!"DiTPipeline".equals(content.get(TYPE)) || !Files.isDirectory(transformer)) {
      throw new CheckpointException(
          String.format(
              "%s is of a %s; expected a DiTPipeline with its transformer directory",
              index, content.get(TYPE)));
    }
    Path vae = directory.resolve("vae");
    Path scheduler = directory.resolve("scheduler").resolve("scheduler_config.json");
    return Optional.of(
        new Pipeline(
            transformer,
            Files.isDirectory(vae) ? Optional.of(vae) : Optional.empty(),
            content.get("id2label") == null
                ? List.of()
                : ClassNames.of(content.get("id2label"), index + ": id2label"),
            Files.isRegularFile(scheduler)
                ? Optional.of(schedule(scheduler, read(scheduler)))
                : Optional.empty()));
  }

  private static ModelManifest.Schedule schedule(Path file, Map<String, Object> config) {
    require(file, config, "beta_schedule", "linear");
    require(file, config, "prediction_type", "epsilon");
    require(file, config, "trained_betas", null);
    require(file, config, "rescale_betas_zero_snr", false);
    return new ModelManifest.Schedule(
        "linear",
        (int) number(config, "num_train_timesteps", 1000),
        number(config, "beta_start", 0.0001),
        number(config, "beta_end", 0.02));
  }

  private static void require(Path file, Map<String, Object> config, String key, Object expected) {
    Object found = config.get(key);
    if (found != null && !found.equals(expected)) {
      throw new IllegalArgumentException(
          String.format("%s: %s is %s; expected %s", file, key, found, expected));
    }
  }

  private static double number(Map<String, Object> config, String key, double absent) {
    return config.get(key) instanceof Number number ? number.doubleValue() : absent;
  }

  private static Map<String, Object> read(Path file) throws IOException {
    try {
      return MAPPER.readValue(Files.readAllBytes(file), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + " is not a JSON object: " + e.getOriginalMessage(), e);
    }
  }
}
