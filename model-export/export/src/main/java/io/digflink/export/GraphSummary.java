package io.digflink.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.digflink.bundle.BundleException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A summary of one of a bundle's graphs.
 *
 * @param inputs name, type and shape of each input
 * @param outputs name, type and shape of each output
 * @param parameters number of parameters in the checkpoint that the graph was made from
 * @param operators number of nodes of each operator
 * @param opsets version of each operator domain
 * @param metadata where the graph comes from
 */
record GraphSummary(
    List<String> inputs,
    List<String> outputs,
    long parameters,
    Map<String, Long> operators,
    Map<String, Long> opsets,
    Map<String, String> metadata) {

  static GraphSummary of(Path file) throws IOException {
    ModelProto model = read(file);
    Map<String, String> metadata =
        model.getMetadataPropsList().stream()
            .collect(
                Collectors.toMap(
                    StringStringEntryProto::getKey,
                    StringStringEntryProto::getValue,
                    (first, second) -> second,
                    TreeMap::new));
    Map<String, Long> opsets = new TreeMap<>();
    model
        .getOpsetImportList()
        .forEach(
            opset ->
                opsets.put(
                    opset.getDomain().isEmpty() ? "ai.onnx" : opset.getDomain(),
                    opset.getVersion()));
    return new GraphSummary(
        model.getGraph().getInputList().stream().map(GraphSummary::describe).toList(),
        model.getGraph().getOutputList().stream().map(GraphSummary::describe).toList(),
        Long.parseLong(metadata.getOrDefault("parameters", "0")),
        model.getGraph().getNodeList().stream()
            .collect(
                Collectors.groupingBy(GraphSummary::operator, TreeMap::new, Collectors.counting())),
        opsets,
        metadata);
  }

  /**
   * Multiply-adds of the convolutions, matrix products and attentions of a decoder, for one image.
   *
   * @param cells latent cells of the image
   */
  static long decoderMultiplyAdds(Path file, long cells) throws IOException {
    ModelProto model = read(file);
    Map<String, TensorProto> weights = new HashMap<>();
    model.getGraph().getInitializerList().forEach(weight -> weights.put(weight.getName(), weight));
    Map<String, Long> scales = new HashMap<>(); // value → pixels per latent cell, in one direction
    long total = 0;
    for (NodeProto node : model.getGraph().getNodeList()) {
      long scale =
          node.getInputList().stream().mapToLong(in -> scales.getOrDefault(in, 1L)).max().orElse(1);
      long after = node.getOpType().equals("Resize") ? 2 * scale : scale;
      node.getOutputList().forEach(output -> scales.put(output, after));
      if (node.getOpType().equals("MultiHeadAttention")) {
        total += 2 * cells * cells * attentionWidth(model, weights, node);
      } else if (node.getOpType().equals("Conv") || node.getOpType().equals("MatMul")) {
        total += cells * scale * scale * elements(weights.get(node.getInput(1)));
      }
    }
    return total;
  }

  /** The width of an attention: that of the bias added to its query. */
  private static long attentionWidth(
      ModelProto model, Map<String, TensorProto> weights, NodeProto attention) {
    return model.getGraph().getNodeList().stream()
        .filter(node -> node.getOutputList().contains(attention.getInput(0)))
        .flatMap(node -> node.getInputList().stream())
        .filter(weights::containsKey)
        .mapToLong(name -> elements(weights.get(name)))
        .findFirst()
        .orElse(0);
  }

  private static long elements(TensorProto weight) {
    return weight == null
        ? 0
        : weight.getDimsList().stream().reduce(1L, (product, dimension) -> product * dimension);
  }

  private static ModelProto read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ModelProto.parseFrom(in);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new BundleException(file + " is not an ONNX model: export the bundle again", e);
    }
  }

  private static String operator(NodeProto node) {
    return node.getDomain().isEmpty()
        ? node.getOpType()
        : node.getDomain() + "." + node.getOpType() + direction(node);
  }

  private static String direction(NodeProto node) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals("direction"))
        .map(AttributeProto::getI)
        .map(direction -> " (direction " + direction + ")")
        .findFirst()
        .orElse("");
  }

  private static String describe(ValueInfoProto value) {
    TensorShapeProto shape = value.getType().getTensorType().getShape();
    String type =
        TensorProto.DataType.forNumber(value.getType().getTensorType().getElemType())
            .name()
            .toLowerCase(Locale.ROOT);
    return value.getName()
        + " "
        + type
        + shape.getDimList().stream()
            .map(d -> d.hasDimParam() ? d.getDimParam() : Long.toString(d.getDimValue()))
            .collect(Collectors.joining(", ", " [", "]"));
  }
}
