package io.digflink.export.oracle;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.digflink.export.checkpoint.Checkpoint;
import io.digflink.export.checkpoint.Checkpoints;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A reference case made by the official PyTorch code: weights, constructor arguments, inputs and
 * outputs.
 */
public record Golden(Path directory) {

  /** The case in {@code src/test/resources/golden/NAME}. */
  public static Golden of(String name) {
    try {
      return new Golden(Path.of(Golden.class.getResource("/golden/" + name).toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public Path checkpointFile() {
    return directory.resolve("checkpoint.pt");
  }

  public Checkpoint checkpoint() throws IOException {
    return Checkpoints.open(checkpointFile());
  }

  /** The constructor arguments, by their official names. */
  public Map<String, Object> config() throws IOException {
    return new ObjectMapper()
        .readValue(
            directory.resolve("config.json").toFile(), new TypeReference<Map<String, Object>>() {});
  }

  /** {@code latent}, {@code timestep}, {@code label}, {@code output}; or {@code image}. */
  public Map<String, Npz.Array> io() throws IOException {
    try (InputStream stream = Files.newInputStream(directory.resolve("io.npz"))) {
      return Npz.read(stream);
    }
  }
}
