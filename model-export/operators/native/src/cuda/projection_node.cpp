#include "../projection_node.h"

#include "../register_ops.h"
#include "cuda_status.h"
#include "dig/cuda/projection.h"

namespace dig {
namespace {

template <typename Node>
class OnCuda : public Node {
 public:
  static constexpr const char* kProvider = "CUDAExecutionProvider";

  using Node::Node;

  void compute(const Ort::KernelContext& context) const {
    auto* const stream = static_cast<cudaStream_t>(context.GetGPUComputeStream());
    check(projection_cuda(Node::kEpilogue, this->arguments(context), stream), Node::kName);
  }
};

template <template <typename> class Node>
void add(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCuda<Node<Half>>>);
  domain.Add(new Op<OnCuda<Node<BFloat16>>>);
}

}  // namespace

/// Where they are missing ONNX Runtime runs the operators' function bodies: cuBLAS's products and
/// this library's kernels after them.
void add_projection_cuda_ops(Ort::CustomOpDomain& domain) {
  if (!projection_cuda_is_fast()) return;
  add<ProjectionNode>(domain);
  add<SwiGluProjectionNode>(domain);
  add<GatedProjectionNode>(domain);
}

}  // namespace dig
