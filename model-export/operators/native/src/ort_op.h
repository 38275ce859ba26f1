// What all operators of this library share: their declaration to ONNX Runtime, and the conversion
// of C++ exceptions to an OrtStatus.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

#include "dig/half.h"

namespace dig {

/// Element types of tensors.
template <typename T>
constexpr ONNXTensorElementDataType kElementType = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
template <>
inline constexpr ONNXTensorElementDataType kElementType<float> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
template <>
inline constexpr ONNXTensorElementDataType kElementType<Half> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
template <>
inline constexpr ONNXTensorElementDataType kElementType<BFloat16> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
template <>
inline constexpr ONNXTensorElementDataType kElementType<Float8> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN;
template <>
inline constexpr ONNXTensorElementDataType kElementType<double> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE;
template <>
inline constexpr ONNXTensorElementDataType kElementType<std::int64_t> =
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;

/// The declaration of an input.
struct OpInput {
  ONNXTensorElementDataType type;
  OrtCustomOpInputOutputCharacteristic presence = INPUT_OUTPUT_REQUIRED;
  OrtMemType memory = OrtMemTypeDefault;
};

/// Refuses the model or the call, with a message for the user.
[[noreturn]] inline void refuse(std::string message) {
  throw Ort::Exception(std::move(message), ORT_INVALID_ARGUMENT);
}

/// Runs `body`; returns its exceptions as a status.
template <typename Body>
OrtStatusPtr as_status(const OrtApi& api, Body body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const Ort::Exception& e) {
    return api.CreateStatus(e.GetOrtErrorCode(), e.what());
  } catch (const std::exception& e) {
    return api.CreateStatus(ORT_FAIL, e.what());
  }
}

/// Attributes of a node.
class Attributes {
 public:
  explicit Attributes(const OrtKernelInfo* info) : info_(info) {}

  std::int64_t required_int(const char* name) const {
    std::int64_t value = 0;
    Ort::ThrowOnError(Ort::GetApi().KernelInfoGetAttribute_int64(info_, name, &value));
    return value;
  }

  std::int64_t int_or(const char* name, std::int64_t fallback) const {
    std::int64_t value = 0;
    const Ort::Status status(Ort::GetApi().KernelInfoGetAttribute_int64(info_, name, &value));
    return status.IsOK() ? value : fallback;
  }

  float float_or(const char* name, float fallback) const {
    float value = 0;
    const Ort::Status status(Ort::GetApi().KernelInfoGetAttribute_float(info_, name, &value));
    return status.IsOK() ? value : fallback;
  }

 private:
  const OrtKernelInfo* info_;
};

/// "[2, 256, 1344]"
inline std::string to_string(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

inline std::vector<std::int64_t> shape_of(const Ort::ConstValue& value) {
  return value.GetTensorTypeAndShapeInfo().GetShape();
}

/// Refuses an input that does not have the expected shape.
inline void require(const char* op, const char* name, const Ort::ConstValue& value,
                    const std::vector<std::int64_t>& expected) {
  const auto shape = shape_of(value);
  if (shape != expected) {
    refuse(std::string(op) + ": " + name + " must be " + to_string(expected) + ", not " +
           to_string(shape));
  }
}

/// The rows and columns of a grid.
struct Grid {
  std::int64_t rows;
  std::int64_t columns;

  Grid(const char* op, const Ort::ConstValue& value) {
    const auto shape = shape_of(value);
    if (shape != std::vector<std::int64_t>{2}) {
      refuse(std::string(op) + ": grid must be [2], rows and columns, not of shape " +
             to_string(shape));
    }
    const auto* sizes = value.GetTensorData<std::int64_t>();
    rows = sizes[0];
    columns = sizes[1];
  }

  /// The same, for a grid that must hold `tokens` tokens.
  Grid(const char* op, const Ort::ConstValue& value, std::int64_t tokens) : Grid(op, value) {
    // The division keeps the product from overflowing.
    if (rows < 0 || columns < 0 || (columns == 0 ? tokens != 0 : tokens / columns != rows) ||
        rows * columns != tokens) {
      refuse(std::string(op) + ": a grid of " + std::to_string(rows) + " rows and " +
             std::to_string(columns) + " columns does not have the " + std::to_string(tokens) +
             " tokens of its input");
    }
  }
};

/// A node of a session.
template <typename Node>
struct NodeKernel {
  explicit NodeKernel(const Attributes& attributes) : node(attributes) {}

  OrtStatusPtr ComputeV2(OrtKernelContext* context) const {
    return as_status(Ort::GetApi(), [&] { node.compute(Ort::KernelContext(context)); });
  }

  const Node node;
};

/// Declares `Node` to ONNX Runtime. A Node has
///   static constexpr const char *kName, *kProvider (null: the CPU);
///   static constexpr std::array<OpInput, N> kInputs;
///   static constexpr std::array<ONNXTensorElementDataType, M> kOutputs;
///   a constructor from Attributes, which refuses what it cannot serve;
///   void compute(const Ort::KernelContext&) const, which throws Ort::Exception.
template <typename Node>
struct Op : Ort::CustomOpBase<Op<Node>, NodeKernel<Node>, true> {
  const char* GetName() const { return Node::kName; }
  const char* GetExecutionProviderType() const { return Node::kProvider; }

  std::size_t GetInputTypeCount() const { return Node::kInputs.size(); }
  ONNXTensorElementDataType GetInputType(std::size_t i) const { return Node::kInputs[i].type; }
  OrtMemType GetInputMemoryType(std::size_t i) const { return Node::kInputs[i].memory; }
  OrtCustomOpInputOutputCharacteristic GetInputCharacteristic(std::size_t i) const {
    return Node::kInputs[i].presence;
  }

  std::size_t GetOutputTypeCount() const { return Node::kOutputs.size(); }
  ONNXTensorElementDataType GetOutputType(std::size_t i) const { return Node::kOutputs[i]; }

  OrtStatusPtr CreateKernelV2(const OrtApi& api, const OrtKernelInfo* info, void** kernel) const {
    return as_status(api, [&] { *kernel = new NodeKernel<Node>(Attributes(info)); });
  }
};

}  // namespace dig
