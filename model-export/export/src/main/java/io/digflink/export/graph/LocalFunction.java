package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A function under construction: what a custom operator computes, in operators of stock ONNX
 * Runtime. If the operator library is registered, its kernel runs instead.
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

  /** The scope for the body's nodes. */
  public Scope body() {
    return new Scope(nodes, "");
  }

  /** The value of an integer attribute of the calling node, as a scalar. */
  public Value integerAttribute(String name) {
    return body()
        .at("attributes/" + name)
        .node(Domain.ONNX, "Constant", ElementType.INT64, List.of(), reference("value_int", name));
  }

  /** The same, as an attribute of that name for a node in the body. */
  public AttributeProto passedOn(String name) {
    return reference(name, name);
  }

  private static AttributeProto reference(String name, String callers) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setRefAttrName(callers)
        .build();
  }

  Set<Domain> domains() {
    return nodes.domains();
  }

  FunctionProto toProto(
      String name, String overload, List<String> attributes, List<Value> outputs) {
    return FunctionProto.newBuilder()
        .setDomain(Domain.DIG.id())
        .setName(name)
        .setOverload(overload)
        .addAllInput(inputs)
        .addAllOutput(outputs.stream().map(Value::name).toList())
        .addAllAttribute(attributes)
        .addAllNode(nodes.list())
        .addAllOpsetImport(Nodes.imports(nodes.domains()))
        .build();
  }
}
