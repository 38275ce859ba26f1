package io.digflink.export.graph;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.integers;
import static io.digflink.export.graph.Attributes.real;
import static io.digflink.export.graph.Attributes.text;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A place in a graph where nodes are added: {@code scope.at("attn").matMul(x, w)} adds the node
 * {@code …/attn/MatMul}. Every operator checks the types of its inputs.
 */
public final class Scope {
  private final Nodes nodes;
  private final String path;

  Scope(Nodes nodes, String path) {
    this.nodes = nodes;
    this.path = path;
  }

  /** The place {@code name} within this one. */
  public Scope at(String name) {
    return new Scope(nodes, path + "/" + name);
  }

  /** Path of this place, {@code /blocks.0/attn}. */
  public String path() {
    return path;
  }

  /** Adds a node with one output. */
  public Value node(
      Domain domain,
      String operator,
      ElementType type,
      List<Value> inputs,
      AttributeProto... attributes) {
    return nodes(domain, operator, type, inputs, 1, attributes).get(0);
  }

  /** Adds a node with several outputs of one type. */
  public List<Value> nodes(
      Domain domain,
      String operator,
      ElementType type,
      List<Value> inputs,
      int outputs,
      AttributeProto... attributes) {
    List<ElementType> types = Collections.nCopies(outputs, type);
    return node(domain, operator, "", types, inputs, List.of(attributes));
  }

  List<Value> node(
      Domain domain,
      String operator,
      String overload,
      List<ElementType> outputTypes,
      List<Value> inputs,
      List<AttributeProto> attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setName(path + "/" + operator)
            .setDomain(domain.id())
            .setOpType(operator);
    if (!overload.isEmpty()) {
      node.setOverload(overload);
    }
    nodes.uses(domain);
    List<String> names = nodes.add(node, inputs, attributes, outputTypes.size());
    List<Value> outputs = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      outputs.add(new Value(names.get(i), outputTypes.get(i)));
    }
    return outputs;
  }

  /** A constant vector of integers, such as a shape or axes. */
  public Value integerVector(long... values) {
    return integerConstant(values, values.length);
  }

  /** A constant integer without dimensions. */
  public Value integerScalar(long value) {
    return integerConstant(new long[] {value});
  }

  private Value integerConstant(long[] values, long... shape) {
    ByteBuffer bytes = littleEndian(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    return constant(ElementType.INT64, bytes, shape);
  }

  /** A constant of floats in the given shape (none: a scalar). */
  public Value floats(float[] values, long... shape) {
    ByteBuffer bytes = littleEndian(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return constant(ElementType.FLOAT32, bytes, shape);
  }

  /** A constant of doubles in the given shape (none: a scalar). */
  public Value doubles(double[] values, long... shape) {
    ByteBuffer bytes = littleEndian(values.length * Double.BYTES);
    bytes.asDoubleBuffer().put(values);
    return constant(ElementType.FLOAT64, bytes, shape);
  }

  private Value constant(ElementType type, ByteBuffer bytes, long... shape) {
    TensorProto tensor =
        TensorProto.newBuilder()
            .setDataType(type.number())
            .addAllDims(LongStream.of(shape).boxed().toList())
            .setRawData(ByteString.copyFrom(bytes))
            .build();
    return node(Domain.ONNX, "Constant", type, List.of(), Attributes.tensor("value", tensor));
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  public Value add(Value a, Value b) {
    return same("Add", a, b);
  }

  public Value sub(Value a, Value b) {
    return same("Sub", a, b);
  }

  public Value mul(Value a, Value b) {
    return same("Mul", a, b);
  }

  public Value div(Value a, Value b) {
    return same("Div", a, b);
  }

  public Value max(Value a, Value b) {
    return same("Max", a, b);
  }

  public Value matMul(Value a, Value b) {
    return same("MatMul", a, b);
  }

  /** An operator with one input and no attributes, whose output has the input's type. */
  public Value unary(String operator, Value x) {
    return node(Domain.ONNX, operator, x.type(), List.of(x));
  }

  /** {@code x·wᵀ + bias} for x [rows, in], w [out, in], bias [out]. */
  public Value linear(Value x, Value w, Value bias) {
    requireSame("Gemm", x, w);
    requireSame("Gemm", x, bias);
    return node(Domain.ONNX, "Gemm", x.type(), List.of(x, w, bias), integer("transB", 1));
  }

  /** x·σ(x). */
  public Value silu(Value x) {
    return at("silu").mul(x, at("silu").unary("Sigmoid", x));
  }

  /** The tanh approximation of GELU. */
  public Value geluTanh(Value x) {
    return node(Domain.ONNX, "Gelu", x.type(), List.of(x), text("approximate", "tanh"));
  }

  /** Returns x unchanged if it already has the type. */
  public Value cast(Value x, ElementType type) {
    return x.type() == type
        ? x
        : node(Domain.ONNX, "Cast", type, List.of(x), integer("to", type.number()));
  }

  public Value reshape(Value x, Value shape) {
    return node(Domain.ONNX, "Reshape", x.type(), List.of(x, shape));
  }

  /** A zero in {@code shape} keeps the input's dimension; one −1 is inferred. */
  public Value reshape(Value x, long... shape) {
    return reshape(x, at("shape").integerVector(shape));
  }

  public Value transpose(Value x, long... permutation) {
    return node(Domain.ONNX, "Transpose", x.type(), List.of(x), integers("perm", permutation));
  }

  public Value unsqueeze(Value x, long... axes) {
    return node(Domain.ONNX, "Unsqueeze", x.type(), List.of(x, at("axes").integerVector(axes)));
  }

  public Value expand(Value x, Value shape) {
    return node(Domain.ONNX, "Expand", x.type(), List.of(x, shape));
  }

  public Value concat(long axis, Value... parts) {
    for (Value part : parts) {
      requireSame("Concat", parts[0], part);
    }
    return node(
        Domain.ONNX, "Concat", parts[0].type(), Arrays.asList(parts), integer("axis", axis));
  }

  /** Splits an axis into parts of the given lengths. */
  public List<Value> split(Value x, long axis, long... lengths) {
    return nodes(
        Domain.ONNX,
        "Split",
        x.type(),
        List.of(x, at("lengths").integerVector(lengths)),
        lengths.length,
        integer("axis", axis));
  }

  public Value gather(Value x, Value indices, long axis) {
    return node(Domain.ONNX, "Gather", x.type(), List.of(x, indices), integer("axis", axis));
  }

  /** Dimensions {@code start} to {@code end}−1 of x, as a vector. */
  public Value shapeOf(Value x, long start, long end) {
    return node(
        Domain.ONNX,
        "Shape",
        ElementType.INT64,
        List.of(x),
        integer("start", start),
        integer("end", end));
  }

  /** Integers from start (inclusive) to limit (exclusive), all scalars. */
  public Value range(Value start, Value limit, Value delta) {
    return node(Domain.ONNX, "Range", start.type(), List.of(start, limit, delta));
  }

  /** Mean over the last axis, which is kept with length 1. */
  public Value meanOverLast(Value x) {
    return node(
        Domain.ONNX,
        "ReduceMean",
        x.type(),
        List.of(x, at("axes").integerVector(-1)),
        integer("keepdims", 1));
  }

  /** The largest over the last axis, which is kept with length 1. */
  public Value maxOverLast(Value x) {
    return node(
        Domain.ONNX,
        "ReduceMax",
        x.type(),
        List.of(x, at("axes").integerVector(-1)),
        integer("keepdims", 1));
  }

  /** LayerNorm over the last axis, of this width, without weights; computed in float32. */
  public Value layerNorm(Value x, int width, double epsilon) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    Value scale = at("one").cast(at("one").floats(ones, width), x.type());
    return layerNorm(List.of(x, scale), epsilon);
  }

  /** LayerNorm over the last axis with weight and bias of its width. */
  public Value layerNorm(Value x, Value weight, Value bias, double epsilon) {
    requireSame("LayerNormalization", x, weight);
    requireSame("LayerNormalization", x, bias);
    return layerNorm(List.of(x, weight, bias), epsilon);
  }

  private Value layerNorm(List<Value> inputs, double epsilon) {
    return node(
        Domain.ONNX,
        "LayerNormalization",
        inputs.get(0).type(),
        inputs,
        integer("axis", -1),
        real("epsilon", epsilon));
  }

  /**
   * {@code x · weight / sqrt(mean(x²) + ε)} over the last axis, in the form that ONNX Runtime fuses
   * into one kernel.
   *
   * <pre>
   * x ─┬─ Pow 2 ─ ReduceMean ─ + ε ─ Sqrt ─┐
   *    └────────────────────────────────── Div ─ Mul weight
   * </pre>
   */
  public Value rmsNorm(Value x, Value weight, double epsilon) {
    Value square =
        node(Domain.ONNX, "Pow", x.type(), List.of(x, at("two").floats(new float[] {2})));
    Value mean = meanOverLast(square);
    Value root = unary("Sqrt", add(mean, at("epsilon").floats(new float[] {(float) epsilon})));
    return mul(div(x, root), weight);
  }

  /**
   * GroupNorm over [N, C, H, W] with weight and bias of [C], as an InstanceNorm of the groups.
   *
   * <pre>
   * x ─ Reshape (N, G, ·) ─ InstanceNormalization ─ Reshape (N, C, H, W) ─ × weight ─ + bias
   * </pre>
   */
  public Value groupNorm(Value x, Value weight, Value bias, int groups, double epsilon) {
    float[] ones = new float[groups];
    Arrays.fill(ones, 1);
    Scope unit = at("unit");
    Value normed =
        node(
            Domain.ONNX,
            "InstanceNormalization",
            x.type(),
            List.of(
                at("groups").reshape(x, 0, groups, -1),
                at("scale").cast(unit.floats(ones, groups), x.type()),
                at("shift").cast(at("zero").floats(new float[groups], groups), x.type())),
            real("epsilon", epsilon));
    Value restored = at("channels").reshape(normed, shapeOf(x, 0, 4));
    return add(
        mul(restored, at("weight").unsqueeze(weight, 1, 2)), at("bias").unsqueeze(bias, 1, 2));
  }

  /** A convolution with bias; the padding is the same on all sides. */
  public Value conv(
      Value x, Value weight, Value bias, long kernel, long stride, long padding, long groups) {
    return convolution(
        x,
        weight,
        bias,
        integers("kernel_shape", kernel, kernel),
        integers("strides", stride, stride),
        integers("pads", padding, padding, padding, padding),
        integer("group", groups));
  }

  /** A convolution of [N, C, T] along T, with its own padding before and after. */
  public Value convAlong(Value x, Value weight, Value bias, long before, long after, long groups) {
    return convolution(x, weight, bias, integers("pads", before, after), integer("group", groups));
  }

  private Value convolution(Value x, Value weight, Value bias, AttributeProto... attributes) {
    requireSame("Conv", x, weight);
    requireSame("Conv", x, bias);
    return node(Domain.ONNX, "Conv", x.type(), List.of(x, weight, bias), attributes);
  }

  private Value same(String operator, Value a, Value b) {
    requireSame(operator, a, b);
    return node(Domain.ONNX, operator, a.type(), List.of(a, b));
  }

  private void requireSame(String operator, Value a, Value b) {
    if (a.type() != b.type()) {
      throw new IllegalArgumentException(
          String.format(
              "%s/%s joins %s of %s and %s of %s; cast one of them",
              path, operator, a.name(), a.type(), b.name(), b.type()));
    }
  }
}
