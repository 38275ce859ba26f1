package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Builds one ONNX model: inputs, outputs, weights, model-local functions and metadata. */
public final class GraphBuilder {
  /** The first version of the format with function overloads. */
  private static final long IR_VERSION = 10;

  private final String fileName;
  private final ElementType precision;
  private final ElementType operands;
  private final Nodes nodes = new Nodes();
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final List<NodeProto> outputs = new ArrayList<>();
  private final Map<String, Defined> functions = new LinkedHashMap<>();
  private final Set<Domain> functionDomains = EnumSet.noneOf(Domain.class);
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final ExternalData data;

  /** A function of the model and the types of its outputs. */
  private record Defined(FunctionProto proto, List<ElementType> outputTypes) {}

  /**
   * @param fileName name of the model file, {@code denoiser.onnx}; its weights go beside it into
   *     {@code denoiser.onnx.data}
   * @param precision type of the weights
   */
  public GraphBuilder(String fileName, ElementType precision) {
    this(fileName, precision, precision);
  }

  /**
   * A graph whose blocks multiply in another type.
   *
   * @param operands type of the operands of the blocks' products
   */
  public GraphBuilder(String fileName, ElementType precision, ElementType operands) {
    this.fileName = fileName;
    this.precision = precision;
    this.operands = operands;
    this.data = new ExternalData(fileName + ".data");
    graph.setName(fileName);
  }

  /** Type of the weights and of the results computed with them. */
  public ElementType precision() {
    return precision;
  }

  /** Type of the operands of the blocks' products. */
  public ElementType operands() {
    return operands;
  }

  /** The outermost place for nodes. */
  public Scope root() {
    return new Scope(nodes, "");
  }

  /**
   * Declares an input.
   *
   * @param dimensions each a number or the name of a dynamic dimension
   */
  public Value input(String name, ElementType type, String... dimensions) {
    nodes.reserve(name);
    graph.addInput(info(name, type, dimensions));
    return new Value(name, type);
  }

  /**
   * Declares an output.
   *
   * @param dimensions each a number or the name of a dynamic dimension
   */
  public void output(String name, Value value, String... dimensions) {
    nodes.reserve(name);
    graph.addOutput(info(name, value.type(), dimensions));
    outputs.add(
        NodeProto.newBuilder()
            .setName("/" + name + "/Identity")
            .setOpType("Identity")
            .addInput(value.name())
            .addOutput(name)
            .build());
  }

  /** A weight in the graph's precision, named by its place. */
  public Value weight(Scope scope, Weight weight) {
    return weight(scope, weight, precision);
  }

  /** A weight of the given type, named by its place. */
  public Value weight(Scope scope, Weight weight, ElementType type) {
    nodes.reserve(scope.path());
    graph.addInitializer(data.place(scope.path(), type, weight));
    return new Value(scope.path(), type);
  }

  /**
   * Adds a node of a custom operator, and the function that is its body if the operator library is
   * not loaded.
   *
   * @param overload distinguishes several bodies of one operator; empty if there is only one. Equal
   *     overloads must have equal bodies
   * @param inputs may contain {@link Value#ABSENT}; the body declares them all
   * @param body declares the inputs, adds nodes (custom operators too) and returns the outputs
   * @return the outputs
   */
  public List<Value> customOperator(
      Scope scope,
      String operator,
      String overload,
      List<Value> inputs,
      List<AttributeProto> attributes,
      Function<LocalFunction, List<Value>> body) {
    String key = operator + ":" + overload;
    Defined defined = functions.get(key);
    if (defined == null) {
      defined = define(operator, overload, attributes, body);
      functions.put(key, defined);
    }
    return scope.node(Domain.DIG, operator, overload, defined.outputTypes(), inputs, attributes);
  }

  private Defined define(
      String operator,
      String overload,
      List<AttributeProto> attributes,
      Function<LocalFunction, List<Value>> body) {
    LocalFunction function = new LocalFunction();
    List<Value> outputs = body.apply(function);
    functionDomains.addAll(function.domains());
    List<String> names = attributes.stream().map(AttributeProto::getName).toList();
    return new Defined(
        function.toProto(operator, overload, names, outputs),
        outputs.stream().map(Value::type).toList());
  }

  /** Records where the model comes from. */
  public void metadata(String key, String value) {
    metadata.put(key, value);
  }

  /** Bytes of weights that {@link #write} will write. */
  public long weightBytes() {
    return data.bytes();
  }

  /**
   * Computes every weight without writing it.
   *
   * @throws IllegalArgumentException naming a weight that is not finite or too large for its type
   */
  public void checkWeights() {
    data.check();
  }

  /** Names of the weights so far, with those of the parameters that each comes from. */
  public Map<String, List<String>> weightSources() {
    return data.sources();
  }

  /**
   * Writes the model and its weights into a directory.
   *
   * @param progress receives the number of weight bytes written so far
   */
  public void write(Path directory, LongConsumer progress) throws IOException {
    try (OutputStream out = Files.newOutputStream(directory.resolve(fileName))) {
      toModel().writeTo(out);
    }
    data.write(directory, progress);
  }

  private ModelProto toModel() {
    GraphProto.Builder complete = graph.clone().addAllNode(nodes.list()).addAllNode(outputs);
    Set<Domain> domains = EnumSet.of(Domain.ONNX);
    domains.addAll(nodes.domains());
    domains.addAll(functionDomains);
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("dig-flink")
            .addAllOpsetImport(Nodes.imports(domains))
            .addAllFunctions(functions.values().stream().map(Defined::proto).toList())
            .setGraph(complete);
    metadata.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  private static ValueInfoProto info(String name, ElementType type, String... dimensions) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    Arrays.stream(dimensions).map(GraphBuilder::dimension).forEach(shape::addDim);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.number()).setShape(shape)))
        .build();
  }

  private static TensorShapeProto.Dimension dimension(String dimension) {
    return dimension.chars().allMatch(Character::isDigit)
        ? TensorShapeProto.Dimension.newBuilder().setDimValue(Long.parseLong(dimension)).build()
        : TensorShapeProto.Dimension.newBuilder().setDimParam(dimension).build();
  }
}
