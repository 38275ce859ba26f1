package io.digflink.lab.faults;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Puts nodes in front of a graph that fail in some runs, and in all others change nothing. */
public final class GraphSurgery {
  public static final long INT64 = TensorProto.DataType.INT64.getNumber();
  public static final long FLOAT = TensorProto.DataType.FLOAT.getNumber();

  private GraphSurgery() {}

  /**
   * Changes a graph of a bundle; the bundle is whole afterwards.
   *
   * @param graphFile the graph's file in the bundle
   * @param input of the graph, in whose place its nodes take {@code input.checked}
   * @param checks nodes that make {@code input.checked} of the input
   * @param constants that those nodes use
   */
  public static void insert(
      Path bundle,
      String graphFile,
      String input,
      List<NodeProto> checks,
      List<TensorProto> constants)
      throws IOException {
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(bundle.resolve(graphFile)));
    GraphProto.Builder graph = model.getGraph().toBuilder().clearNode().addAllNode(checks);
    for (NodeProto node : model.getGraph().getNodeList()) {
      NodeProto.Builder checked = node.toBuilder();
      for (int i = 0; i < node.getInputCount(); i++) {
        if (node.getInput(i).equals(input)) {
          checked.setInput(i, input + ".checked");
        }
      }
      graph.addNode(checked);
    }
    graph.addAllInitializer(constants);
    ModelManifest manifest = BundleDirectory.open(bundle).manifest();
    Files.write(bundle.resolve(graphFile), model.toBuilder().setGraph(graph).build().toByteArray());
    BundleDirectory.seal(bundle, manifest);
  }

  /** A node of one output. */
  public static NodeProto node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setName("check/" + output)
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  /** A node that casts. */
  public static NodeProto cast(String output, String input, long type) {
    return node("Cast", output, input).toBuilder().addAttribute(integer("to", type)).build();
  }

  /** An attribute. */
  public static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** A constant, [N]. */
  public static TensorProto integers(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType((int) INT64).addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    return tensor.build();
  }
}
