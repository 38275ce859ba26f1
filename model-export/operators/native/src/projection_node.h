// The projections of domain dig: products of tokens with a weight and what follows them. A node
// checks its inputs, so the arguments it returns are safe for every kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dig/projection.h"
#include "modulated_norm_node.h"

namespace dig {

/// x [..., K] and weight [K, N], checked, with an output of columns / `parts` per token.
template <typename T>
ProjectionArguments<T> projection_arguments(const char* op, const Ort::KernelContext& context,
                                            const Ort::ConstValue& x, const Ort::ConstValue& weight,
                                            std::int64_t parts) {
  auto shape = shape_of(x);
  const auto weight_shape = shape_of(weight);
  if (shape.empty()) refuse(std::string(op) + ": x must have an axis, not []");
  if (weight_shape.size() != 2 || weight_shape[0] != shape.back() || weight_shape[1] % parts != 0) {
    refuse(std::string(op) + ": weight must be [" + std::to_string(shape.back()) +
           (parts == 1 ? ", columns]" : ", an even number]") + ", not " + to_string(weight_shape));
  }
  ProjectionArguments<T> a{};
  a.x = x.GetTensorData<T>();
  a.weight = weight.GetTensorData<T>();
  a.tokens = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
  a.inner = weight_shape[0];
  a.columns = weight_shape[1];
  shape.back() = a.columns / parts;
  a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
  return a;
}

/// Projection(x, weight)
template <typename T>
class ProjectionNode {
 public:
  static constexpr const char* kName = "Projection";
  static constexpr Epilogue kEpilogue = Epilogue::kNone;
  static constexpr std::array<OpInput, 2> kInputs = {{{kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit ProjectionNode(const Attributes&) {}

 protected:
  ProjectionArguments<T> arguments(const Ort::KernelContext& context) const {
    return projection_arguments<T>(kName, context, context.GetInput(0), context.GetInput(1), 1);
  }
};

/// SwiGluProjection(x, weight)
template <typename T>
class SwiGluProjectionNode {
 public:
  static constexpr const char* kName = "SwiGluProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kSwiGlu;
  static constexpr std::array<OpInput, 2> kInputs = {{{kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit SwiGluProjectionNode(const Attributes&) {}

 protected:
  ProjectionArguments<T> arguments(const Ort::KernelContext& context) const {
    return projection_arguments<T>(kName, context, context.GetInput(0), context.GetInput(1), 2);
  }
};

/// GatedProjection(x, y, weight, modulation; gate): x + modulation[gate] * (y weight)
template <typename T>
class GatedProjectionNode {
 public:
  static constexpr const char* kName = "GatedProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kGated;
  static constexpr std::array<OpInput, 4> kInputs = {
      {{kElementType<T>}, {kElementType<T>}, {kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit GatedProjectionNode(const Attributes& attributes) {
    rows_.gate = ModulationRows::row(kName, "gate", attributes);
  }

 protected:
  ProjectionArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), y = context.GetInput(1),
                          weight = context.GetInput(2);
    const auto m =
        modulation_arguments<T>(kName, rows_, x, Ort::ConstValue{nullptr}, context.GetInput(3));
    const auto shape = shape_of(y), weight_shape = shape_of(weight);
    if (shape.size() != 3 || shape[0] != m.batch || shape[1] != m.length) {
      refuse(std::string(kName) + ": y must be [" + std::to_string(m.batch) + ", " +
             std::to_string(m.length) + ", inner], not " + to_string(shape));
    }
    if (weight_shape.size() != 2 || weight_shape[1] != m.width) {
      refuse(std::string(kName) + ": weight must be [inner, " + std::to_string(m.width) +
             "], not " + to_string(weight_shape));
    }
    auto a = projection_arguments<T>(kName, context, y, weight, 1);
    a.residual = m.x;
    a.modulation = m.modulation;
    a.length = m.length;
    a.rows = m.rows;
    a.gate = m.gate;
    return a;
  }

 private:
  ModulationRows rows_;
};

}  // namespace dig
