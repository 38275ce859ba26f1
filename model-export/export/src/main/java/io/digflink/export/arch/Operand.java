package io.digflink.export.arch;

import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;

/**
 * Tokens before a product, in one of two forms; the other is null.
 *
 * @param plain [N, T, K]
 * @param quantized the same in 8 bits, where the operator before wrote them so
 */
record Operand(Value plain, QuantizedProducts.Tokens quantized) {
  static Operand of(Value plain) {
    return new Operand(plain, null);
  }

  static Operand of(QuantizedProducts.Tokens quantized) {
    return new Operand(null, quantized);
  }

  /** The tokens in 8 bits. */
  QuantizedProducts.Tokens quantized(Scope scope, QuantizedProducts products) {
    return quantized != null ? quantized : products.quantize(scope.at("quantized"), plain);
  }
}
