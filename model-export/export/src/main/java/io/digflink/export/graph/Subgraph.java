package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;

/** The graph inside a node, such as the step of a scan. It sees the values around the node. */
final class Subgraph {
  private final String path;
  private final Nodes nodes = new Nodes();
  private final List<ValueInfoProto> inputs = new ArrayList<>();

  /**
   * @param path the place of the node, with which all names begin
   */
  Subgraph(String path) {
    this.path = path;
  }

  /** Declares the next input. */
  Value input(String name, ElementType type) {
    String full = path + "/" + name;
    nodes.reserve(full);
    inputs.add(info(full, type));
    return new Value(full, type);
  }

  /** The place for nodes. */
  Scope scope() {
    return new Scope(nodes, path);
  }

  GraphProto toProto(List<Value> outputs) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName(path).addAllInput(inputs);
    outputs.forEach(output -> graph.addOutput(info(output.name(), output.type())));
    return graph.addAllNode(nodes.list()).build();
  }

  /** A value of any shape. */
  private static ValueInfoProto info(String name, ElementType type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.number())))
        .build();
  }
}
