// The memory-bound operators of domain dig: what their CPU and their CUDA nodes share. A node
// checks its inputs; the arguments that come out are safe for every kernel.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "dig/depthwise_conv.h"
#include "dig/modulated_norm.h"
#include "dig/swiglu.h"
#include "ort_op.h"

namespace dig {

/// The attributes that AdaLayerNorm, GatedResidual and GatedAdaLayerNorm have: rows of their
/// modulation.
struct ModulationRows {
  std::int64_t gate = 0;
  std::int64_t shift = 0;
  std::int64_t scale = 0;
  float epsilon = 0;

  static std::int64_t row(const char* op, const char* name, const Attributes& attributes) {
    const std::int64_t value = attributes.required_int(name);
    if (value < 0) {
      refuse(std::string(op) + ": " + name + " must name a row of modulation, not " +
             std::to_string(value));
    }
    return value;
  }

  void read_norm(const char* op, const Attributes& attributes) {
    shift = row(op, "shift", attributes);
    scale = row(op, "scale", attributes);
    epsilon = attributes.float_or("epsilon", 1e-6f);
    if (!(epsilon >= 0) || std::isinf(epsilon)) {
      refuse(std::string(op) + ": epsilon must be finite and not negative, not " +
             std::to_string(epsilon));
    }
  }
};

/// x [N, T, D], y like it (null: the operator has none) and modulation [N, R, D], checked.
template <typename T>
ModulationArguments<T> modulation_arguments(const char* op, const ModulationRows& rows,
                                            const Ort::ConstValue& x, const Ort::ConstValue& y,
                                            const Ort::ConstValue& modulation) {
  const auto shape = shape_of(x), modulation_shape = shape_of(modulation);
  if (shape.size() != 3) {
    refuse(std::string(op) + ": x must be [batch, length, width], not " + to_string(shape));
  }
  if (y && shape_of(y) != shape) {
    refuse(std::string(op) + ": y must be of x's shape, " + to_string(shape) + ", not " +
           to_string(shape_of(y)));
  }
  const std::int64_t needed = 1 + std::max({rows.gate, rows.shift, rows.scale});
  if (modulation_shape.size() != 3 || modulation_shape[0] != shape[0] ||
      modulation_shape[1] < needed || modulation_shape[2] != shape[2]) {
    refuse(std::string(op) + ": modulation must be [" + std::to_string(shape[0]) + ", at least " +
           std::to_string(needed) + ", " + std::to_string(shape[2]) + "], not " +
           to_string(modulation_shape));
  }
  ModulationArguments<T> a{};
  a.x = x.GetTensorData<T>();
  a.y = y ? y.GetTensorData<T>() : nullptr;
  a.modulation = modulation.GetTensorData<T>();
  a.batch = shape[0];
  a.length = shape[1];
  a.width = shape[2];
  a.rows = modulation_shape[1];
  a.gate = rows.gate;
  a.shift = rows.shift;
  a.scale = rows.scale;
  a.epsilon = rows.epsilon;
  return a;
}

/// An output of x's shape.
template <typename T>
T* token_output(const Ort::KernelContext& context, std::size_t index,
                const ModulationArguments<T>& a) {
  return context.GetOutput(index, {a.batch, a.length, a.width}).template GetTensorMutableData<T>();
}

/// AdaLayerNorm(x, modulation; shift, scale, epsilon)
template <typename T>
class AdaLayerNormNode {
 public:
  static constexpr const char* kName = "AdaLayerNorm";
  static constexpr std::array<OpInput, 2> kInputs = {{{kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit AdaLayerNormNode(const Attributes& attributes) { rows_.read_norm(kName, attributes); }

 protected:
  ModulationArguments<T> arguments(const Ort::KernelContext& context) const {
    auto a = modulation_arguments<T>(kName, rows_, context.GetInput(0), Ort::ConstValue{nullptr},
                                     context.GetInput(1));
    a.normed = token_output(context, 0, a);
    return a;
  }

 private:
  ModulationRows rows_;
};

/// GatedResidual(x, y, modulation; gate)
template <typename T>
class GatedResidualNode {
 public:
  static constexpr const char* kName = "GatedResidual";
  static constexpr std::array<OpInput, 3> kInputs = {
      {{kElementType<T>}, {kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit GatedResidualNode(const Attributes& attributes) {
    rows_.gate = ModulationRows::row(kName, "gate", attributes);
  }

 protected:
  ModulationArguments<T> arguments(const Ort::KernelContext& context) const {
    auto a = modulation_arguments<T>(kName, rows_, context.GetInput(0), context.GetInput(1),
                                     context.GetInput(2));
    a.sum = token_output(context, 0, a);
    return a;
  }

 private:
  ModulationRows rows_;
};

/// GatedAdaLayerNorm(x, y, modulation; gate, shift, scale, epsilon), with outputs sum and normed
template <typename T>
class GatedAdaLayerNormNode {
 public:
  static constexpr const char* kName = "GatedAdaLayerNorm";
  static constexpr std::array<OpInput, 3> kInputs = {
      {{kElementType<T>}, {kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 2> kOutputs = {kElementType<T>,
                                                                        kElementType<T>};

  explicit GatedAdaLayerNormNode(const Attributes& attributes) {
    rows_.gate = ModulationRows::row(kName, "gate", attributes);
    rows_.read_norm(kName, attributes);
  }

 protected:
  ModulationArguments<T> arguments(const Ort::KernelContext& context) const {
    auto a = modulation_arguments<T>(kName, rows_, context.GetInput(0), context.GetInput(1),
                                     context.GetInput(2));
    a.sum = token_output(context, 0, a);
    a.normed = token_output(context, 1, a);
    return a;
  }

 private:
  ModulationRows rows_;
};

/// SwiGLU(packed)
template <typename T>
class SwiGluNode {
 public:
  static constexpr const char* kName = "SwiGLU";
  static constexpr std::array<OpInput, 1> kInputs = {{{kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit SwiGluNode(const Attributes&) {}

 protected:
  SwiGluArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue packed = context.GetInput(0);
    auto shape = shape_of(packed);
    if (shape.empty() || shape.back() % 2 != 0) {
      refuse(std::string(kName) + ": packed must have an even last axis, not " + to_string(shape));
    }
    SwiGluArguments<T> a{};
    shape.back() /= 2;
    a.width = shape.back();
    a.tokens = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
    a.packed = packed.GetTensorData<T>();
    a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
    return a;
  }
};

/// DepthwiseConv(x, grid, weight, bias; kernel_size)
template <typename T>
class DepthwiseConvNode {
 public:
  static constexpr const char* kName = "DepthwiseConv";
  static constexpr std::array<OpInput, 4> kInputs = {
      {{kElementType<T>},
       {kElementType<std::int64_t>, INPUT_OUTPUT_REQUIRED, OrtMemTypeCPUInput},
       {kElementType<T>},
       {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit DepthwiseConvNode(const Attributes& attributes) {
    const std::int64_t size = attributes.required_int("kernel_size");
    if (size < 1 || size > kMaxKernelSize || size % 2 == 0) {
      refuse(std::string(kName) + ": kernel_size must be odd and 1 to " +
             std::to_string(kMaxKernelSize) + ", not " + std::to_string(size));
    }
    kernel_size_ = static_cast<int>(size);
  }

 protected:
  DepthwiseConvArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), weight = context.GetInput(2),
                          bias = context.GetInput(3);
    const auto shape = shape_of(x);
    if (shape.size() != 3) {
      refuse(std::string(kName) + ": x must be [batch, length, channels], not " + to_string(shape));
    }
    const Grid grid(kName, context.GetInput(1), shape[1]);
    require("weight", weight, {std::int64_t{kernel_size_} * kernel_size_, shape[2]});
    require("bias", bias, {shape[2]});
    return {x.GetTensorData<T>(),
            weight.GetTensorData<T>(),
            bias.GetTensorData<T>(),
            context.GetOutput(0, shape).template GetTensorMutableData<T>(),
            shape[0],
            grid.rows,
            grid.columns,
            shape[2],
            kernel_size_};
  }

 private:
  static void require(const char* name, const Ort::ConstValue& value,
                      const std::vector<std::int64_t>& expected) {
    const auto shape = shape_of(value);
    if (shape != expected) {
      refuse(std::string(kName) + ": " + name + " must be " + to_string(expected) + ", not " +
             to_string(shape));
    }
  }

  int kernel_size_;
};

}  // namespace dig
