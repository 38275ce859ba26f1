package io.digflink.export.graph;

import ai.onnx.proto.OnnxMl.TensorProto;

/** Element types of ONNX tensors that the exporter uses. */
public enum ElementType {
  FLOAT32(TensorProto.DataType.FLOAT, 4),
  FLOAT16(TensorProto.DataType.FLOAT16, 2),
  BFLOAT16(TensorProto.DataType.BFLOAT16, 2),
  /** e4m3fn: four bits of exponent, three of mantissa, at most 448. */
  FLOAT8(TensorProto.DataType.FLOAT8E4M3FN, 1),
  FLOAT64(TensorProto.DataType.DOUBLE, 8),
  INT64(TensorProto.DataType.INT64, 8);

  private final TensorProto.DataType onnx;
  private final int bytes;

  ElementType(TensorProto.DataType onnx, int bytes) {
    this.onnx = onnx;
    this.bytes = bytes;
  }

  /** Number of the type in ONNX. */
  public int number() {
    return onnx.getNumber();
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
