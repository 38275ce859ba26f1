package io.digflink.operators;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.platform.Fp16Conversions;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.HashMap;
import java.util.Map;

/** A session of a model that is one node, the operator. */
final class GatedLinearAttentionSession implements AutoCloseable {

  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final OrtSession session;
  private final boolean half;

  /** A node with the attributes and optional inputs of a case. */
  GatedLinearAttentionSession(GatedLinearAttentionCase gla, boolean half) throws OrtException {
    this(model(gla, half), half);
  }

  GatedLinearAttentionSession(OnnxMl.ModelProto model, boolean half) throws OrtException {
    this.half = half;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      OperatorLibrary.register(options, OperatorLibrary.Kernels.CPU);
      options.setInterOpNumThreads(1);
      options.setIntraOpNumThreads(2);
      session = environment.createSession(model.toByteArray(), options);
    }
  }

  /** The operator's output as floats. */
  float[] run(GatedLinearAttentionCase gla) throws OrtException {
    return run(gla, new long[] {gla.rows(), gla.columns()});
  }

  float[] run(GatedLinearAttentionCase gla, long[] grid) throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      inputs.put("packed", tensor(gla.packed(), gla.batch(), gla.length(), gla.width()));
      inputs.put(
          "grid",
          OnnxTensor.createTensor(environment, LongBuffer.wrap(grid), new long[] {grid.length}));
      inputs.put("gate_bias", tensor(gla.bias(), gla.bias().length));
      if (gla.weight() != null) {
        inputs.put("norm_weight", tensor(gla.weight(), gla.weight().length));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        // Widens float16 too.
        FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
        float[] output = new float[buffer.remaining()];
        buffer.get(output);
        return output;
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
    if (!half) {
      return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
    }
    ShortBuffer bits = Fp16Conversions.convertFloatBufferToFp16Buffer(FloatBuffer.wrap(values));
    return OnnxTensor.createTensor(environment, bits, shape, OnnxJavaType.FLOAT16);
  }

  /** A model of the single node, with free batch and length. */
  static OnnxMl.ModelProto model(GatedLinearAttentionCase gla, boolean half) {
    int type =
        (half ? OnnxMl.TensorProto.DataType.FLOAT16 : OnnxMl.TensorProto.DataType.FLOAT)
            .getNumber();
    OnnxMl.NodeProto.Builder node =
        OnnxMl.NodeProto.newBuilder()
            .setDomain("dig")
            .setOpType("GatedLinearAttention")
            .setName("gla")
            .addInput("packed")
            .addInput("grid")
            .addInput("gate_bias")
            .addOutput("o")
            .addAttribute(attribute("num_heads", gla.heads()))
            .addAttribute(attribute("key_size", gla.keySize()))
            .addAttribute(attribute("value_size", gla.valueSize()))
            .addAttribute(attribute("direction", gla.direction()));
    OnnxMl.GraphProto.Builder graph =
        OnnxMl.GraphProto.newBuilder()
            .setName("gla")
            .addInput(value("packed", type, 3))
            .addInput(value("grid", OnnxMl.TensorProto.DataType.INT64.getNumber(), 1))
            .addInput(value("gate_bias", type, 1));
    if (gla.weight() != null) {
      node.addInput("norm_weight");
      graph.addInput(value("norm_weight", type, 1));
    }
    graph.addNode(node).addOutput(value("o", type, 3));
    return OnnxMl.ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(17))
        .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setDomain("dig").setVersion(1))
        .setGraph(graph)
        .build();
  }

  private static OnnxMl.AttributeProto attribute(String name, long value) {
    return OnnxMl.AttributeProto.newBuilder()
        .setName(name)
        .setType(OnnxMl.AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static OnnxMl.ValueInfoProto value(String name, int type, int rank) {
    OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
    for (int i = 0; i < rank; i++) {
      shape.addDim(
          OnnxMl.TensorShapeProto.Dimension.newBuilder().setDimParam(name + "_" + i).build());
    }
    return OnnxMl.ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            OnnxMl.TypeProto.newBuilder()
                .setTensorType(
                    OnnxMl.TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
