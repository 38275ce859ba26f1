#include <array>
#include <string>
#include <vector>

#include "../ort_op.h"
#include "../register_ops.h"
#include "dig/cuda/softmax_attention.h"
#include "on_cuda.h"

namespace dig {
namespace {

/// SoftmaxAttention(packed; num_heads), packed [N, T, 3 D] to [N, T, D]
template <typename T>
class SoftmaxAttentionNode {
 public:
  static constexpr const char *kName = "SoftmaxAttention", *kProvider = "CUDAExecutionProvider";
  static constexpr std::array<OpInput, 1> kInputs = {{{kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit SoftmaxAttentionNode(const Attributes& attributes)
      : heads_(attributes.required_int("num_heads")) {
    if (heads_ < 1) {
      refuse(std::string(kName) + ": num_heads must be positive, not " + std::to_string(heads_));
    }
  }

  void compute(const Ort::KernelContext& context) const {
    check(softmax_attention_cuda(arguments(context), stream_of(context)), kName);
  }

 private:
  SoftmaxAttentionArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue packed = context.GetInput(0);
    auto shape = shape_of(packed);
    if (shape.size() != 3 || shape[2] % 3 != 0 || shape[2] / 3 % heads_ != 0 ||
        !has_softmax_attention(shape[2] / 3 / heads_)) {
      refuse(std::string(kName) + ": packed must be [batch, length, 3 * " + std::to_string(heads_) +
             " heads * 64 or 72], not " + to_string(shape));
    }
    SoftmaxAttentionArguments<T> a{};
    a.packed = packed.GetTensorData<T>();
    a.batch = shape[0];
    a.length = shape[1];
    a.heads = heads_;
    shape[2] /= 3;
    a.head_size = shape[2] / heads_;
    a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
    return a;
  }

  std::int64_t heads_;
};

}  // namespace

/// The function body is ONNX Runtime's attention, whose flash kernel is there for Ampere and newer.
void add_softmax_attention_cuda(Ort::CustomOpDomain& domain) {
  if (!softmax_attention_cuda_runs()) return;
  domain.Add(new Op<SoftmaxAttentionNode<Half>>);
  domain.Add(new Op<SoftmaxAttentionNode<BFloat16>>);
}

}  // namespace dig
