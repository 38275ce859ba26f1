#include <array>
#include <string>
#include <vector>

#include "../modulated_norm_node.h"
#include "../register_ops.h"
#include "dig/cuda/modulated_norm.h"
#include "dig/cuda/quantization.h"
#include "on_cuda.h"

namespace dig {
namespace {

/// The outputs [..., K] and [..., 1] of tokens [..., K].
struct QuantizedOutputs {
  Float8* numbers;
  float* scales;

  QuantizedOutputs(const Ort::KernelContext& context, std::vector<std::int64_t> shape)
      : numbers(context.GetOutput(0, shape).GetTensorMutableData<Float8>()) {
    shape.back() = 1;
    scales = context.GetOutput(1, shape).GetTensorMutableData<float>();
  }
};

constexpr std::array<ONNXTensorElementDataType, 2> kQuantizedTypes = {kElementType<Float8>,
                                                                      kElementType<float>};

/// QuantizeTokens(x), with outputs numbers and scale
struct QuantizeTokensNode {
  static constexpr const char *kName = "QuantizeTokens", *kProvider = "CUDAExecutionProvider";
  static constexpr std::array<OpInput, 1> kInputs = {{{kElementType<Half>}}};
  static constexpr auto kOutputs = kQuantizedTypes;

  explicit QuantizeTokensNode(const Attributes&) {}

  void compute(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0);
    const auto shape = shape_of(x);
    if (shape.empty()) refuse(std::string(kName) + ": x must have an axis, not []");
    const QuantizedOutputs outputs(context, shape);
    QuantizationArguments a{x.GetTensorData<Half>(), outputs.numbers, outputs.scales, 1,
                            shape.back()};
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
    check(enqueue_cuda(a, stream_of(context)), kName);
  }
};

/// QuantizedAdaLayerNorm(x, modulation; shift, scale, epsilon), with the same outputs
class QuantizedAdaLayerNormNode {
 public:
  static constexpr const char *kName = "QuantizedAdaLayerNorm",
                              *kProvider = "CUDAExecutionProvider";
  static constexpr std::array<OpInput, 2> kInputs = {{{kElementType<Half>}, {kElementType<Half>}}};
  static constexpr auto kOutputs = kQuantizedTypes;

  explicit QuantizedAdaLayerNormNode(const Attributes& attributes) {
    rows_.read_norm(kName, attributes);
  }

  void compute(const Ort::KernelContext& context) const {
    auto a = modulation_arguments<Half>(kName, rows_, context.GetInput(0), Ort::ConstValue{nullptr},
                                        context.GetInput(1));
    const QuantizedOutputs outputs(context, {a.batch, a.length, a.width});
    a.quantized = outputs.numbers;
    a.token_scale = outputs.scales;
    check(enqueue_cuda(a, stream_of(context)), kName);
  }

 private:
  ModulationRows rows_;
};

}  // namespace

void add_quantization_cuda(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<QuantizeTokensNode>);
  domain.Add(new Op<QuantizedAdaLayerNormNode>);
}

}  // namespace dig
