#include "../register_ops.h"
#include "../token_nodes.h"
#include "cuda_status.h"
#include "dig/cuda/token_ops.h"

namespace dig {
namespace {

template <typename Node>
class OnCuda : public Node {
 public:
  static constexpr const char* kProvider = "CUDAExecutionProvider";

  using Node::Node;

  void compute(const Ort::KernelContext& context) const {
    auto* const stream = static_cast<cudaStream_t>(context.GetGPUComputeStream());
    check(token_cuda(this->arguments(context), stream), Node::kName);
  }
};

template <template <typename> class Node>
void add(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCuda<Node<float>>>);
  domain.Add(new Op<OnCuda<Node<Half>>>);
  domain.Add(new Op<OnCuda<Node<BFloat16>>>);
}

}  // namespace

void add_token_cuda_ops(Ort::CustomOpDomain& domain) {
  add<AdaLayerNormNode>(domain);
  add<GatedResidualNode>(domain);
  add<GatedAdaLayerNormNode>(domain);
  add<SwiGluNode>(domain);
  add<DepthwiseConvNode>(domain);
}

}  // namespace dig
