#include "../gated_linear_attention_node.h"

#include "../register_ops.h"
#include "dig/cuda/gated_linear_attention.h"
#include "on_cuda.h"
#include "stream_memory.h"

namespace dig {
namespace {

template <typename T>
class GlaCudaNode : public GlaNode<T> {
 public:
  static constexpr const char* kProvider = "CUDAExecutionProvider";

  explicit GlaCudaNode(const Attributes& attributes) : GlaNode<T>(attributes) {}

  void compute(const Ort::KernelContext& context) const {
    const GlaArguments<T> a = this->arguments(context);
    const cudaStream_t stream = stream_of(context);
    const StreamMemory workspace(gla_cuda_workspace(a), stream);
    check(gla_cuda(a, workspace.get(), stream), "GatedLinearAttention");
  }
};

}  // namespace

void add_gated_linear_attention_cuda(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<GlaCudaNode<float>>);
  domain.Add(new Op<GlaCudaNode<Half>>);
  domain.Add(new Op<GlaCudaNode<BFloat16>>);
}

}  // namespace dig
