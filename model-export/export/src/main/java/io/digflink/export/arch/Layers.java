package io.digflink.export.arch;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import io.digflink.export.graph.Weight;

/**
 * Products with parameters of the checkpoint.
 *
 * @param graph receives them
 */
record Layers(GraphBuilder graph, Parameters parameters, Products products) {
  /** {@code x·wᵀ} with the parameter of this name, [out, in]; x is [N, T, in]. */
  Value project(Scope scope, Value x, String name, long out, long in) {
    return scope.matMul(x, transposed(scope, name, out, in));
  }

  /** The parameter of this name, [out, in], as the [in, out] of a product. */
  Value transposed(Scope scope, String name, long out, long in) {
    return graph.weight(scope.at("weight"), weight(name, out, in).transposed());
  }

  /** The weight of the parameter of this name, [out, in]. */
  Weight weight(String name, long out, long in) {
    return parameters.take(name + ".weight", out, in);
  }

  /** {@code x·wᵀ + b} with the parameters of this name; x is [N, T, in]. */
  Value projectWithBias(Scope scope, Value x, String name, long out, long in) {
    Value weight = transposed(scope, name, out, in);
    return products.product(scope, x, weight, bias(scope, name, out), in, out);
  }

  /** The bias of the parameter of this name. */
  Value bias(Scope scope, String name, long out) {
    return graph.weight(scope.at("bias"), parameters.take(name + ".bias", out));
  }

  /** The same product for x of [N, in]. */
  Value linear(Scope scope, Value x, String name, long out, long in) {
    if (products.areProjected(in, out)) {
      return projectWithBias(scope, x, name, out, in);
    }
    return scope.linear(
        x, graph.weight(scope.at("weight"), weight(name, out, in)), bias(scope, name, out));
  }
}
