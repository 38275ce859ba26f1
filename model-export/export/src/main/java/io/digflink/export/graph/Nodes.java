package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The nodes of one graph or function body, in order. No name is used twice. */
final class Nodes {
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Set<Domain> domains = EnumSet.noneOf(Domain.class);

  /** Reserves the name of an input or a weight. */
  void reserve(String name) {
    if (!names.add(name)) {
      throw new IllegalArgumentException(
          "The graph has two values named " + name + "; give one its own scope");
    }
  }

  /** Adds a node; returns the names of its outputs. */
  List<String> add(
      NodeProto.Builder node, List<Value> inputs, List<AttributeProto> attributes, int outputs) {
    reserve(node.getName());
    inputs.forEach(input -> node.addInput(input.name()));
    List<String> outputNames = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      outputNames.add(node.getName() + ":" + i);
    }
    nodes.add(node.addAllOutput(outputNames).addAllAttribute(attributes).build());
    return outputNames;
  }

  void uses(Domain domain) {
    domains.add(domain);
  }

  List<NodeProto> list() {
    return nodes;
  }

  Set<Domain> domains() {
    return domains;
  }

  static List<OperatorSetIdProto> imports(Set<Domain> domains) {
    return domains.stream()
        .map(
            domain ->
                OperatorSetIdProto.newBuilder()
                    .setDomain(domain.id())
                    .setVersion(domain.version())
                    .build())
        .toList();
  }
}
