package io.digflink.export.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.export.checkpoint.Checkpoint;
import io.digflink.export.checkpoint.Checkpoints;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.operators.Tolerances;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The oracle against outputs that the official code recorded in float32. */
class OracleITCase {
  @ParameterizedTest
  @ValueSource(strings = {"dig-plain", "dig-skip", "dig-uncond", "dit", "dis", "dis-uncond"})
  void agreesWithTheOfficialDenoiser(String name) throws Exception {
    Golden golden = Golden.of(name);
    StateDict weights = golden.checkpoint().ema().orElseThrow();
    DenoiserOracle oracle =
        name.equals("dit")
            ? new DitOracle(golden.config(), weights)
            : name.startsWith("dis")
                ? new DisOracle(golden.config(), weights)
                : new DigOracle(golden.config(), weights);
    Map<String, Npz.Array> io = golden.io();
    Npz.Array latent = io.get("latent");
    Npz.Array output = io.get("output");

    for (int n = 0; n < latent.shape()[0]; n++) {
      int label = io.containsKey("label") ? (int) io.get("label").values()[n] : 0;
      double[][][] actual =
          oracle.forward(
              Samples.sample(latent.values(), latent.shape(), n),
              io.get("timestep").values()[n],
              label);

      double[][][] expected = Samples.sample(output.values(), output.shape(), n);
      assertThat(Samples.relativeError(actual, expected)).isLessThan(Tolerances.of("oracle.max"));
    }
  }

  @Test
  void agreesWithTheDecoderOfDiffusers() throws Exception {
    Golden golden = Golden.of("vae");
    Checkpoint checkpoint = Checkpoints.open(golden.directory());
    VaeDecoderOracle oracle = new VaeDecoderOracle(golden.config(), checkpoint.model());
    Npz.Array latent = golden.io().get("latent");
    Npz.Array image = golden.io().get("image");

    double[][][] actual = oracle.decode(Samples.sample(latent.values(), latent.shape(), 0));

    double[][][] expected = Samples.sample(image.values(), image.shape(), 0);
    assertThat(Samples.relativeError(actual, expected)).isLessThan(Tolerances.of("oracle.max"));
  }
}
