#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "../ort_op.h"
#include "../register_ops.h"
#include "dig/cuda/group_norm_silu.h"
#include "on_cuda.h"
#include "stream_memory.h"

namespace dig {
namespace {

/// GroupNormSiLU(x, gamma, beta; groups, epsilon)
template <typename T>
class GroupNormSiluNode {
 public:
  static constexpr const char *kName = "GroupNormSiLU", *kProvider = "CUDAExecutionProvider";
  static constexpr std::array<OpInput, 3> kInputs = {
      {{kElementType<T>}, {kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit GroupNormSiluNode(const Attributes& attributes)
      : groups_(attributes.required_int("groups")),
        epsilon_(attributes.float_or("epsilon", 1e-6f)) {
    if (groups_ < 1) {
      refuse(std::string(kName) + ": groups must be positive, not " + std::to_string(groups_));
    }
    if (!(epsilon_ >= 0) || std::isinf(epsilon_)) {
      refuse(std::string(kName) + ": epsilon must be finite and not negative, not " +
             std::to_string(epsilon_));
    }
  }

  void compute(const Ort::KernelContext& context) const {
    const GroupNormArguments<T> a = arguments(context);
    const cudaStream_t stream = stream_of(context);
    const StreamMemory workspace(group_norm_cuda_workspace(a), stream);
    check(group_norm_cuda(a, workspace.get(), stream), kName);
  }

 private:
  GroupNormArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), gamma = context.GetInput(1),
                          beta = context.GetInput(2);
    const auto shape = shape_of(x);
    if (shape.size() != 4 || shape[3] % groups_ != 0 || shape[3] > kMaxNormChannels) {
      refuse(std::string(kName) + ": x must be [batch, rows, columns, channels] with channels a " +
             "multiple of " + std::to_string(groups_) + " and at most " +
             std::to_string(kMaxNormChannels) + ", not " + to_string(shape));
    }
    const std::vector<std::int64_t> channels{shape[3]};
    if (shape_of(gamma) != channels || shape_of(beta) != channels) {
      refuse(std::string(kName) + ": gamma and beta must be " + to_string(channels) + ", not " +
             to_string(shape_of(gamma)) + " and " + to_string(shape_of(beta)));
    }
    return {x.GetTensorData<T>(),
            gamma.GetTensorData<T>(),
            beta.GetTensorData<T>(),
            context.GetOutput(0, shape).template GetTensorMutableData<T>(),
            shape[0],
            shape[1] * shape[2],
            shape[3],
            groups_,
            epsilon_};
  }

  std::int64_t groups_;
  float epsilon_;
};

}  // namespace

/// The function body is InstanceNormalization, scale, shift and SiLU, each of which passes over the
/// whole image.
void add_group_norm_silu_cuda(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<GroupNormSiluNode<float>>);
  domain.Add(new Op<GroupNormSiluNode<Half>>);
  domain.Add(new Op<GroupNormSiluNode<BFloat16>>);
}

}  // namespace dig
