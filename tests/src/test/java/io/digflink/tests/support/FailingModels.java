package io.digflink.tests.support;

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

/**
 * The test model with nodes in front that fail on some images: they look up row 1 of a table of one
 * row, and for all other images row 0, which adds nothing.
 */
public final class FailingModels {
  private static final long INT64 = TensorProto.DataType.INT64.getNumber();
  private static final long FLOAT = TensorProto.DataType.FLOAT.getNumber();

  private FailingModels() {}

  /** Exports a bundle whose denoiser fails on a label. */
  public static void exportFailingDenoiser(Path modelDirectory, int label) throws IOException {
    export(
        modelDirectory,
        ModelManifest.DENOISER,
        "label",
        List.of(
            node("Equal", "fails", "label", "failing"),
            cast("row", "fails", INT64),
            node("Gather", "nothing", "table", "row"),
            node("Add", "label.checked", "label", "nothing")),
        List.of(integers("failing", label), integers("table", 0)));
  }

  /** Exports a bundle whose decoder fails where the first value of a latent is positive. */
  public static void exportFailingDecoder(Path modelDirectory) throws IOException {
    TensorProto zero =
        TensorProto.newBuilder()
            .setName("zero")
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .addFloatData(0)
            .build();
    export(
        modelDirectory,
        ModelManifest.DECODER,
        "latent",
        List.of(
            node("Reshape", "flat", "latent", "flat.shape"),
            node("Gather", "first", "flat", "table").toBuilder()
                .addAttribute(integer("axis", 1))
                .build(),
            node("Greater", "fails", "first", "zero"),
            cast("row", "fails", INT64),
            node("Gather", "looked.up", "table", "row"),
            cast("nothing", "looked.up", FLOAT),
            node("ReduceMax", "nothing.at.all", "nothing"),
            node("Add", "latent.checked", "latent", "nothing.at.all")),
        List.of(integers("flat.shape", 0, -1), integers("table", 0), zero));
  }

  private static void export(
      Path modelDirectory,
      String graphFile,
      String input,
      List<NodeProto> checks,
      List<TensorProto> constants)
      throws IOException {
    TestModels.exportPlain(modelDirectory);
    Path bundle = modelDirectory.resolve(TestModels.PLAIN);
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

  private static NodeProto node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setName("check/" + output)
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private static NodeProto cast(String output, String input, long type) {
    return node("Cast", output, input).toBuilder().addAttribute(integer("to", type)).build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static TensorProto integers(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType((int) INT64).addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    return tensor.build();
  }
}
