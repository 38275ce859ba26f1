// dig::AdaLayerNorm, dig::GatedResidual and dig::GatedAdaLayerNorm: what their CPU and CUDA nodes
// share. A node checks its inputs, so the arguments it returns are safe for every kernel.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "dig/modulated_norm.h"
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

}  // namespace dig
