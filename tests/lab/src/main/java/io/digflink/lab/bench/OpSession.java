package io.digflink.lab.bench;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.platform.Fp16Conversions;
import com.google.protobuf.ByteString;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.runtime.session.Device;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** A session of a model that is one attention node, and its inputs. */
final class OpSession implements AutoCloseable {
  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final boolean half;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("op");
  private final NodeProto.Builder node = NodeProto.newBuilder().setName("op").addOutput("o");
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private OrtSession session;

  private OpSession(Device device) {
    this.half = device.isCuda();
  }

  static OpSession gatedLinearAttention(AttentionShape shape, Device device) throws OrtException {
    OpSession op = new OpSession(device);
    op.node.setDomain("dig").setOpType("GatedLinearAttention");
    op.random("packed", 1, shape.batch(), shape.length(), shape.packed());
    op.inputs.put(
        "grid",
        OnnxTensor.createTensor(
            op.environment, LongBuffer.wrap(new long[] {1, shape.length()}), new long[] {2}));
    op.declare("grid", TensorProto.DataType.INT64, 1);
    op.attribute("num_heads", shape.heads());
    op.attribute("key_size", AttentionShape.KEY_SIZE);
    op.attribute("value_size", AttentionShape.VALUE_SIZE);
    return op.open(device);
  }

  static OpSession linearAttention(AttentionShape shape, Device device) throws OrtException {
    OpSession op = new OpSession(device);
    op.node.setDomain("com.microsoft").setOpType("LinearAttention");
    op.random("q", 1, shape.batch(), shape.length(), shape.keys());
    op.random("k", 1, shape.batch(), shape.length(), shape.keys());
    op.random("v", 1, shape.batch(), shape.length(), shape.values());
    op.node.addInput("");
    op.random("decay", -0.05f, shape.batch(), shape.length(), shape.keys());
    op.attribute("q_num_heads", shape.heads());
    op.attribute("kv_num_heads", shape.heads());
    op.node.addAttribute(
        AttributeProto.newBuilder()
            .setName("update_rule")
            .setType(AttributeProto.AttributeType.STRING)
            .setS(ByteString.copyFromUtf8("gated")));
    op.node.addOutput("state");
    return op.open(device);
  }

  /** Median of so many runs, after a fifth as many. */
  double medianMicroseconds(RunOptions options) throws OrtException {
    return 1e3 * options.medianMilliseconds(() -> session.run(inputs).close());
  }

  /** Adds an input of numbers of the scale's sign and size. */
  private void random(String name, float scale, long... shape) throws OrtException {
    int size = 1;
    for (long dimension : shape) {
      size = Math.toIntExact(size * dimension);
    }
    Random random = new Random(name.hashCode());
    FloatBuffer values = FloatBuffer.allocate(size);
    while (values.hasRemaining()) {
      float x = (float) random.nextGaussian();
      values.put(scale < 0 ? scale * Math.abs(x) : scale * x);
    }
    values.flip();
    inputs.put(
        name,
        half
            ? OnnxTensor.createTensor(
                environment,
                Fp16Conversions.convertFloatBufferToFp16Buffer(values),
                shape,
                OnnxJavaType.FLOAT16)
            : OnnxTensor.createTensor(environment, values, shape));
    declare(name, type(), shape.length);
  }

  private TensorProto.DataType type() {
    return half ? TensorProto.DataType.FLOAT16 : TensorProto.DataType.FLOAT;
  }

  private void declare(String name, TensorProto.DataType type, int rank) {
    node.addInput(name);
    graph.addInput(info(name, type, rank));
  }

  private static ValueInfoProto info(String name, TensorProto.DataType type, int rank) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (int i = 0; i < rank; i++) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(name + i));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  private void attribute(String name, long value) {
    node.addAttribute(
        AttributeProto.newBuilder()
            .setName(name)
            .setType(AttributeProto.AttributeType.INT)
            .setI(value));
  }

  private OpSession open(Device device) throws OrtException {
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain(node.getDomain()).setVersion(1))
            .setGraph(graph.addNode(node).addOutput(info("o", type(), 3)))
            .build();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      if (device.isCuda()) {
        options.addCUDA(device.index());
      }
      OperatorLibrary.register(
          options, device.isCuda() ? OperatorLibrary.Kernels.CUDA : OperatorLibrary.Kernels.CPU);
      session = environment.createSession(model.toByteArray(), options);
      return this;
    }
  }

  @Override
  public void close() throws OrtException {
    inputs.values().forEach(OnnxTensor::close);
    session.close();
  }
}
