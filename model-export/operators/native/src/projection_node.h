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

/// x [..., K], weight [K, N] and bias [N] (null: the operator has none), checked, with an output of
/// columns / `parts` per token.
template <typename T>
ProjectionArguments<T> projection_arguments(const char* op, const Ort::KernelContext& context,
                                            const Ort::ConstValue& x, const Ort::ConstValue& weight,
                                            const Ort::ConstValue& bias, std::int64_t parts) {
  auto shape = shape_of(x);
  const auto weight_shape = shape_of(weight);
  if (shape.empty()) refuse(std::string(op) + ": x must have an axis, not []");
  if (weight_shape.size() != 2 || weight_shape[0] != shape.back() || weight_shape[1] % parts != 0) {
    refuse(std::string(op) + ": weight must be [" + std::to_string(shape.back()) +
           (parts == 1 ? ", columns]" : ", an even number]") + ", not " + to_string(weight_shape));
  }
  if (bias && shape_of(bias) != std::vector<std::int64_t>{weight_shape[1]}) {
    refuse(std::string(op) + ": bias must be [" + std::to_string(weight_shape[1]) + "], not " +
           to_string(shape_of(bias)));
  }
  ProjectionArguments<T> a{};
  a.x = x.GetTensorData<T>();
  a.weight = weight.GetTensorData<T>();
  a.bias = bias ? bias.GetTensorData<T>() : nullptr;
  a.tokens = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
  a.inner = weight_shape[0];
  a.columns = weight_shape[1];
  shape.back() = a.columns / parts;
  a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
  return a;
}

/// What names a projection of one matrix with the weight alone, and what it does with the product.
struct PlainProjection {
  static constexpr const char* kName = "Projection";
  static constexpr Epilogue kEpilogue = Epilogue::kNone;
  static constexpr bool kBias = false;
};
struct BiasProjection {
  static constexpr const char* kName = "BiasProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kNone;
  static constexpr bool kBias = true;
};
struct GeluProjection {
  static constexpr const char* kName = "GeluProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kGelu;
  static constexpr bool kBias = true;
};
struct SwiGluProjection {
  static constexpr const char* kName = "SwiGluProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kSwiGlu;
  static constexpr bool kBias = false;
};
struct GatedProjection {
  static constexpr const char* kName = "GatedProjection";
  static constexpr bool kBias = false;
};
struct GatedBiasProjection {
  static constexpr const char* kName = "GatedBiasProjection";
  static constexpr bool kBias = true;
};

/// kCount inputs of T.
template <typename T, std::size_t kCount>
constexpr std::array<OpInput, kCount> inputs_of() {
  std::array<OpInput, kCount> inputs{};
  for (OpInput& input : inputs) input = {kElementType<T>};
  return inputs;
}

/// Projection(x, weight), SwiGluProjection(x, weight), BiasProjection(x, weight, bias) and
/// GeluProjection(x, weight, bias)
template <typename T, typename Kind>
class ProjectionNode {
 public:
  static constexpr const char* kName = Kind::kName;
  static constexpr Epilogue kEpilogue = Kind::kEpilogue;
  static constexpr auto kInputs = inputs_of < T, Kind::kBias ? 3 : 2 > ();
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit ProjectionNode(const Attributes&) {}

 protected:
  ProjectionArguments<T> arguments(const Ort::KernelContext& context) const {
    return projection_arguments<T>(kName, context, context.GetInput(0), context.GetInput(1),
                                   Kind::kBias ? context.GetInput(2) : Ort::ConstValue{nullptr},
                                   kEpilogue == Epilogue::kSwiGlu ? 2 : 1);
  }
};

/// GatedProjection(x, y, weight, modulation; gate): x + modulation[gate] * (y weight), and
/// GatedBiasProjection(x, y, weight, bias, modulation; gate): x + modulation[gate] * (y weight +
/// bias)
template <typename T, typename Kind>
class GatedProjectionNode {
 public:
  static constexpr const char* kName = Kind::kName;
  static constexpr Epilogue kEpilogue = Epilogue::kGated;
  static constexpr auto kInputs = inputs_of < T, Kind::kBias ? 5 : 4 > ();
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit GatedProjectionNode(const Attributes& attributes) {
    rows_.gate = ModulationRows::row(kName, "gate", attributes);
  }

 protected:
  ProjectionArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), y = context.GetInput(1),
                          weight = context.GetInput(2);
    const Ort::ConstValue bias = Kind::kBias ? context.GetInput(3) : Ort::ConstValue{nullptr};
    const auto m = modulation_arguments<T>(kName, rows_, x, Ort::ConstValue{nullptr},
                                           context.GetInput(Kind::kBias ? 4 : 3));
    const auto shape = shape_of(y), weight_shape = shape_of(weight);
    if (shape.size() != 3 || shape[0] != m.batch || shape[1] != m.length) {
      refuse(std::string(kName) + ": y must be [" + std::to_string(m.batch) + ", " +
             std::to_string(m.length) + ", inner], not " + to_string(shape));
    }
    if (weight_shape.size() != 2 || weight_shape[1] != m.width) {
      refuse(std::string(kName) + ": weight must be [inner, " + std::to_string(m.width) +
             "], not " + to_string(weight_shape));
    }
    auto a = projection_arguments<T>(kName, context, y, weight, bias, 1);
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
