// The projections of operands in 8 bits. A node checks its inputs, so the arguments it returns are
// safe for every kernel.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "../modulated_norm_node.h"
#include "../register_ops.h"
#include "dig/cuda/projection.h"
#include "on_cuda.h"

namespace dig {
namespace {

using Arguments = ProjectionArguments<Half, Float8>;

void require_shape(const std::string& what, const Ort::ConstValue& value,
                   const std::vector<std::int64_t>& expected) {
  const auto found = shape_of(value);
  if (found != expected) {
    refuse(what + " must be " + to_string(expected) + ", not " + to_string(found));
  }
}

/// The inputs x [..., K], x_scale [..., 1] (or, if `blocks`, [..., K / 128] too), weight [N, K] and
/// weight_scale [N] from `first` on, and bias [N] after them if there is one; without outputs.
/// @param parts of the columns that become one output
Arguments read_operands(const std::string& op, const Ort::KernelContext& context, std::size_t first,
                        bool biased, bool blocks, std::int64_t parts) {
  const Ort::ConstValue x = context.GetInput(first), x_scale = context.GetInput(first + 1),
                        weight = context.GetInput(first + 2),
                        weight_scale = context.GetInput(first + 3);
  auto shape = shape_of(x);
  const auto weight_shape = shape_of(weight), scale_shape = shape_of(x_scale);
  if (shape.empty() || shape.back() % 16 != 0) {
    refuse(op + ": the last axis of x must be a multiple of 16, not " + to_string(shape));
  }
  if (weight_shape.size() != 2 || weight_shape[1] != shape.back() ||
      weight_shape[0] % (8 * parts) != 0) {
    refuse(op + ": weight must be [a multiple of " + std::to_string(8 * parts) + ", " +
           std::to_string(shape.back()) + "], not " + to_string(weight_shape));
  }
  Arguments a{};
  a.x = x.GetTensorData<Float8>();
  a.weight = weight.GetTensorData<Float8>();
  a.x_scale = x_scale.GetTensorData<float>();
  a.weight_scale = weight_scale.GetTensorData<float>();
  a.inner = shape.back();
  a.columns = weight_shape[0];
  a.tokens = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
  require_shape(op + ": weight_scale", weight_scale, {a.columns});
  if (biased) {
    const Ort::ConstValue bias = context.GetInput(first + 4);
    require_shape(op + ": bias", bias, {a.columns});
    a.bias = bias.GetTensorData<Half>();
  }
  a.scales = blocks && !scale_shape.empty() && scale_shape.back() == scale_blocks(a.inner)
                 ? scale_blocks(a.inner)
                 : 1;
  shape.back() = a.scales;
  require_shape(op + ": x_scale", x_scale, shape);
  return a;
}

/// The shape of an output with so many columns, for tokens of this shape.
std::vector<std::int64_t> with_columns(const Ort::ConstValue& tokens, std::int64_t columns) {
  auto shape = shape_of(tokens);
  shape.back() = columns;
  return shape;
}

struct Plain {
  static constexpr const char* kName = "QuantizedProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kNone;
  static constexpr bool kBias = false;
};
struct Bias {
  static constexpr const char* kName = "QuantizedBiasProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kNone;
  static constexpr bool kBias = true;
};
struct Gelu {
  static constexpr const char* kName = "QuantizedGeluProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kGelu;
  static constexpr bool kBias = true;
};
struct SwiGlu {
  static constexpr const char* kName = "QuantizedSwiGluProjection";
  static constexpr Epilogue kEpilogue = Epilogue::kSwiGlu;
  static constexpr bool kBias = false;
};
struct Gated {
  static constexpr const char* kName = "QuantizedGatedProjection";
  static constexpr bool kBias = false;
};
struct GatedBias {
  static constexpr const char* kName = "QuantizedGatedBiasProjection";
  static constexpr bool kBias = true;
};

/// The inputs x, x_scale, weight, weight_scale and perhaps bias.
template <typename Kind>
constexpr auto kOperands = [] {
  std::array<OpInput, Kind::kBias ? 5 : 4> inputs{};
  inputs[0] = inputs[2] = {kElementType<Float8>};
  inputs[1] = inputs[3] = {kElementType<float>};
  if constexpr (Kind::kBias) inputs[4] = {kElementType<Half>};
  return inputs;
}();

/// QuantizedProjection(x, x_scale, weight, weight_scale) and QuantizedBiasProjection with a bias
/// after them
template <typename Kind>
class QuantizedProjectionNode {
 public:
  static constexpr const char *kName = Kind::kName, *kProvider = "CUDAExecutionProvider";
  static constexpr auto kInputs = kOperands<Kind>;
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<Half>};

  explicit QuantizedProjectionNode(const Attributes&) {}

  void compute(const Ort::KernelContext& context) const {
    Arguments a = read_operands(kName, context, 0, Kind::kBias, false, 1);
    a.output = context.GetOutput(0, with_columns(context.GetInput(0), a.columns))
                   .template GetTensorMutableData<Half>();
    check(quantized_projection_cuda(Kind::kEpilogue, a, stream_of(context)), kName);
  }
};

/// QuantizedSwiGluProjection and QuantizedGeluProjection of the same inputs, with outputs in 8 bits
/// and their scales
template <typename Kind>
class QuantizedActivationNode {
 public:
  static constexpr const char *kName = Kind::kName, *kProvider = "CUDAExecutionProvider";
  static constexpr auto kInputs = kOperands<Kind>;
  static constexpr std::array<ONNXTensorElementDataType, 2> kOutputs = {kElementType<Float8>,
                                                                        kElementType<float>};

  explicit QuantizedActivationNode(const Attributes&) {}

  void compute(const Ort::KernelContext& context) const {
    constexpr std::int64_t kParts = Kind::kEpilogue == Epilogue::kSwiGlu ? 2 : 1;
    Arguments a = read_operands(kName, context, 0, Kind::kBias, false, kParts);
    const std::int64_t outputs = a.columns / kParts;
    if (outputs % kScaleBlock != 0) {
      refuse(std::string(kName) + ": outputs must be a multiple of " + std::to_string(kScaleBlock) +
             ", not " + std::to_string(outputs));
    }
    const Ort::ConstValue x = context.GetInput(0);
    a.numbers =
        context.GetOutput(0, with_columns(x, outputs)).template GetTensorMutableData<Float8>();
    a.scale = context.GetOutput(1, with_columns(x, scale_blocks(outputs)))
                  .template GetTensorMutableData<float>();
    check(quantized_projection_cuda(Kind::kEpilogue, a, stream_of(context)), kName);
  }
};

/// QuantizedGatedProjection(x, y, y_scale, weight, weight_scale, modulation; gate), and
/// QuantizedGatedBiasProjection with a bias before the modulation
template <typename Kind>
class QuantizedGatedProjectionNode {
 public:
  static constexpr const char *kName = Kind::kName, *kProvider = "CUDAExecutionProvider";
  static constexpr auto kInputs = [] {
    std::array<OpInput, Kind::kBias ? 7 : 6> inputs{};
    for (OpInput& input : inputs) input = {kElementType<Half>};
    inputs[1] = inputs[3] = {kElementType<Float8>};
    inputs[2] = inputs[4] = {kElementType<float>};
    return inputs;
  }();
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<Half>};

  explicit QuantizedGatedProjectionNode(const Attributes& attributes) {
    rows_.gate = ModulationRows::row(kName, "gate", attributes);
  }

  void compute(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), y = context.GetInput(1);
    const auto m = modulation_arguments<Half>(kName, rows_, x, Ort::ConstValue{nullptr},
                                              context.GetInput(kInputs.size() - 1));
    const auto shape = shape_of(y), weight_shape = shape_of(context.GetInput(3));
    if (shape.size() != 3 || shape[0] != m.batch || shape[1] != m.length) {
      refuse(std::string(kName) + ": y must be [" + std::to_string(m.batch) + ", " +
             std::to_string(m.length) + ", inner], not " + to_string(shape));
    }
    if (weight_shape.size() != 2 || weight_shape[0] != m.width) {
      refuse(std::string(kName) + ": weight must be [" + std::to_string(m.width) +
             ", inner], not " + to_string(weight_shape));
    }
    Arguments a = read_operands(kName, context, 1, Kind::kBias, true, 1);
    a.output = context.GetOutput(0, shape_of(x)).template GetTensorMutableData<Half>();
    a.residual = m.x;
    a.modulation = m.modulation;
    a.length = m.length;
    a.rows = m.rows;
    a.gate = m.gate;
    check(quantized_projection_cuda(Epilogue::kGated, a, stream_of(context)), kName);
  }

 private:
  ModulationRows rows_;
};

}  // namespace

/// Without them ONNX Runtime runs the operators' function bodies: products in 16 bits.
void add_quantized_projection_cuda(Ort::CustomOpDomain& domain) {
  if (!projection_cuda_is_fast()) return;
  domain.Add(new Op<QuantizedProjectionNode<Plain>>);
  domain.Add(new Op<QuantizedProjectionNode<Bias>>);
  domain.Add(new Op<QuantizedActivationNode<Gelu>>);
  domain.Add(new Op<QuantizedActivationNode<SwiGlu>>);
  domain.Add(new Op<QuantizedGatedProjectionNode<Gated>>);
  domain.Add(new Op<QuantizedGatedProjectionNode<GatedBias>>);
}

}  // namespace dig
