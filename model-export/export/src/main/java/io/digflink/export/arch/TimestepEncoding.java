package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;
import java.util.function.Supplier;

/** The sinusoidal encoding of timesteps, cos(t·ω) | sin(t·ω) with ω_i = 10000^(−i/frequencies). */
final class TimestepEncoding {
  private TimestepEncoding() {}

  /**
   * Declares the input {@code timestep} and encodes it.
   *
   * @return [N, 2·frequencies] in float32
   */
  static Value emit(GraphBuilder graph, Scope scope, int count) {
    Value timestep = graph.input("timestep", FLOAT32, "N");
    float[] frequencies = new float[count];
    for (int i = 0; i < count; i++) {
      frequencies[i] = (float) Math.exp(-Math.log(10_000) * i / count);
    }
    Supplier<Value> constant = () -> scope.at("frequencies").floats(frequencies, 1, count);
    return graph.precision() == FLOAT32
        ? encoded(scope, timestep, constant)
        : operator(graph, scope, timestep, constant.get());
  }

  /** An operator with a CUDA kernel: the body's five kernels take longer to launch than to run. */
  private static Value operator(
      GraphBuilder graph, Scope scope, Value timestep, Value frequencies) {
    return graph
        .customOperator(
            scope,
            "TimestepEmbedding",
            "",
            List.of(timestep, frequencies),
            List.of(),
            function -> {
              Value time = function.input("timestep", FLOAT32);
              Value given = function.input("frequencies", FLOAT32);
              return List.of(encoded(function.body(), time, () -> given));
            })
        .get(0);
  }

  /** cos(t·ω) | sin(t·ω), [N, 2·frequencies]. */
  private static Value encoded(Scope scope, Value timestep, Supplier<Value> frequencies) {
    Value angles = scope.mul(scope.unsqueeze(timestep, 1), frequencies.get());
    return scope.concat(1, scope.unary("Cos", angles), scope.unary("Sin", angles));
  }
}
