package io.digflink.export.arch;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Emits products of tokens with a weight: as the custom operator Projection, which has a kernel
 * only in 16 bits and on Hopper GPUs, or as MatMul, which is also its function body. Unlike cuBLAS,
 * the kernel gives a token the same bits no matter how many other tokens there are.
 *
 * @param graph receives the products
 */
record Products(GraphBuilder graph) {
  /**
   * Whether projections of these sizes become an operator: its kernel moves 8 elements at once, and
   * there is none in float32.
   */
  boolean areProjected(long inner, long outputs) {
    return graph.precision() != FLOAT32 && inner % 8 == 0 && outputs % 8 == 0;
  }

  /**
   * A product.
   *
   * @param x [..., inner]
   * @param weight [inner, outputs]
   * @return [..., outputs]
   */
  Value product(Scope scope, Value x, Value weight, long inner, long outputs) {
    if (!areProjected(inner, outputs)) {
      return scope.matMul(x, weight);
    }
    return operator(scope, "Projection", x, weight, (body, product) -> product);
  }

  /** The same with a bias [outputs], which the operator BiasProjection adds. */
  Value product(Scope scope, Value x, Value weight, Value bias, long inner, long outputs) {
    if (!areProjected(inner, outputs)) {
      return scope.add(scope.matMul(x, weight), bias);
    }
    return operator(scope, "BiasProjection", x, weight, bias, (body, product) -> product);
  }

  /** The tanh approximation of GELU of a product with a bias, as the operator GeluProjection. */
  Value geluProduct(Scope scope, Value x, Value weight, Value bias, long inner, long outputs) {
    if (!areProjected(inner, outputs)) {
      return scope.at("act").geluTanh(product(scope, x, weight, bias, inner, outputs));
    }
    return operator(scope, "GeluProjection", x, weight, bias, Scope::geluTanh);
  }

  private Value operator(
      Scope scope,
      String name,
      Value x,
      Value weight,
      Value bias,
      BiFunction<Scope, Value, Value> then) {
    return graph
        .customOperator(
            scope,
            name,
            "",
            List.of(x, weight, bias),
            List.of(),
            function -> {
              Value in = function.input("x", x.type());
              Value matrix = function.input("weight", weight.type());
              Value offset = function.input("bias", bias.type());
              Scope body = function.body();
              return List.of(then.apply(body, body.add(body.matMul(in, matrix), offset)));
            })
        .get(0);
  }

  /**
   * A custom operator that fuses a product with what follows it.
   *
   * @param x [..., inner]
   * @param weight [inner, outputs]
   * @param then what its function body does with the product, in the scope it is given
   */
  Value operator(
      Scope scope, String name, Value x, Value weight, BiFunction<Scope, Value, Value> then) {
    return graph
        .customOperator(
            scope,
            name,
            "",
            List.of(x, weight),
            List.of(),
            function -> {
              Value in = function.input("x", x.type());
              Value matrix = function.input("weight", weight.type());
              Scope body = function.body();
              return List.of(then.apply(body, body.matMul(in, matrix)));
            })
        .get(0);
  }
}
