package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A function of the model in the making: what a custom operator computes, in operators that stock
 * ONNX Runtime has. Where the operator's library is registered its kernel runs instead.
 */
public final class LocalFunction {
  private final Nodes nodes = new Nodes();
  private final List<String> inputs = new ArrayList<>();

  LocalFunction() {}

  /** Declares the next input. */
  public Value input(String name, ElementType type) {
    nodes.reserve(name);
    inputs.add(name);
    return new Value(name, type);
  }

  /** Where the body's nodes go. */
  public Scope body() {
    return new Scope(nodes, "");
  }

  Set<Domain> domains() {
    return nodes.domains();
  }

  FunctionProto toProto(String name, String overload, List<String> attributes, Value output) {
    // An ONNX function's output has a name of its own.
    List<NodeProto> body = new ArrayList<>(nodes.list());
    body.add(
        NodeProto.newBuilder()
            .setName("/output/Identity")
            .setOpType("Identity")
            .addInput(output.name())
            .addOutput("output")
            .build());
    return FunctionProto.newBuilder()
        .setDomain(Domain.DIG.id())
        .setName(name)
        .setOverload(overload)
        .addAllInput(inputs)
        .addOutput("output")
        .addAllAttribute(attributes)
        .addAllNode(body)
        .addAllOpsetImport(Nodes.imports(nodes.domains()))
        .build();
  }
}
