// dig::GatedLinearAttention: what its CPU and its CUDA node share. Attributes and inputs are
// checked here, so the arguments it returns are safe for every kernel.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "dig/gated_linear_attention.h"
#include "ort_op.h"

namespace dig {

template <typename T>
class GlaNode {
 public:
  static constexpr const char* kName = "GatedLinearAttention";
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};
  static constexpr std::array<OpInput, 4> kInputs = {{
      {kElementType<T>},                                                        // packed
      {kElementType<std::int64_t>, INPUT_OUTPUT_REQUIRED, OrtMemTypeCPUInput},  // grid
      {kElementType<T>, INPUT_OUTPUT_OPTIONAL},                                 // gate_bias
      {kElementType<T>, INPUT_OUTPUT_OPTIONAL},                                 // norm_weight
  }};

  explicit GlaNode(const Attributes& attributes)
      : heads_(size(attributes, "num_heads", 1 << 16)),
        key_size_(size(attributes, "key_size", kMaxHeadSize)),
        value_size_(size(attributes, "value_size", kMaxHeadSize)),
        direction_(static_cast<int>(attributes.int_or("direction", 0))),
        gate_normalizer_(attributes.float_or("gate_normalizer", 16.0f)),
        epsilon_(attributes.float_or("epsilon", 1e-6f)) {
    if (direction_ < 0 || direction_ > 3) {
      refuse("GatedLinearAttention: direction must be 0 to 3, not " + std::to_string(direction_));
    }
    if (!(gate_normalizer_ > 0) || std::isinf(gate_normalizer_)) {
      refuse("GatedLinearAttention: gate_normalizer must be positive and finite, not " +
             std::to_string(gate_normalizer_));
    }
    if (!(epsilon_ >= 0) || std::isinf(epsilon_)) {
      refuse("GatedLinearAttention: epsilon must be finite and not negative, not " +
             std::to_string(epsilon_));
    }
  }

 protected:
  /// The checked inputs and the allocated output of one call.
  GlaArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue packed = context.GetInput(0);
    const Ort::ConstValue gate_bias = input_or_null(context, 2);
    const Ort::ConstValue norm_weight = input_or_null(context, 3);
    GlaArguments<T> a{};
    a.heads = heads_;
    a.key_size = key_size_;
    a.value_size = value_size_;
    a.gate_normalizer = gate_normalizer_;
    a.epsilon = epsilon_;
    const auto shape = shape_of(packed);
    const std::int64_t keys = a.key_offset();
    const std::int64_t values = a.output_stride();
    const std::int64_t row = 3 * keys + (norm_weight ? 2 : 1) * values;
    if (shape.size() != 3 || shape[2] != row) {
      refuse("GatedLinearAttention: packed must be [batch, length, " + std::to_string(row) +
             "], the sum of " + (norm_weight ? "q, k, v, g, z" : "q, k, v, g") + " for " +
             std::to_string(heads_) + " heads of " + std::to_string(key_size_) + " and " +
             std::to_string(value_size_) + ", not " + to_string(shape));
    }
    a.batch = shape[0];
    a.length = shape[1];
    a.row_stride = row;
    const Grid grid(kName, context.GetInput(1), a.length);
    a.order = {grid.rows, grid.columns, direction_};
    if (gate_bias) a.gate_bias = vector(gate_bias, "gate_bias", keys);
    if (norm_weight) a.norm_weight = vector(norm_weight, "norm_weight", value_size_);
    a.packed = packed.GetTensorData<T>();
    a.output = context.GetOutput(0, {a.batch, a.length, values}).template GetTensorMutableData<T>();
    return a;
  }

 private:
  static int size(const Attributes& attributes, const char* name, int limit) {
    const std::int64_t value = attributes.required_int(name);
    if (value < 1 || value > limit) {
      refuse(std::string("GatedLinearAttention: ") + name + " must be 1 to " +
             std::to_string(limit) + ", not " + std::to_string(value));
    }
    return static_cast<int>(value);
  }

  static Ort::ConstValue input_or_null(const Ort::KernelContext& context, std::size_t i) {
    return i < context.GetInputCount() ? context.GetInput(i) : Ort::ConstValue{nullptr};
  }

  static const T* vector(const Ort::ConstValue& value, const char* name, std::int64_t size) {
    const auto shape = shape_of(value);
    if (shape != std::vector<std::int64_t>{size}) {
      refuse(std::string("GatedLinearAttention: ") + name + " must be [" + std::to_string(size) +
             "], not " + to_string(shape));
    }
    return value.GetTensorData<T>();
  }

  const int heads_;
  const int key_size_;
  const int value_size_;
  const int direction_;
  const float gate_normalizer_;
  const float epsilon_;
};

}  // namespace dig
