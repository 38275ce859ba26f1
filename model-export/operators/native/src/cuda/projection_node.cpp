#include "../projection_node.h"

#include "../register_ops.h"
#include "dig/cuda/projection.h"
#include "on_cuda.h"

namespace dig {
namespace {

template <typename Node>
class ProjectionOnCuda : public Node {
 public:
  static constexpr const char* kProvider = "CUDAExecutionProvider";

  using Node::Node;

  void compute(const Ort::KernelContext& context) const {
    check(projection_cuda(Node::kEpilogue, this->arguments(context), stream_of(context)),
          Node::kName);
  }
};

template <template <typename, typename> class Node, typename Kind>
void add(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<ProjectionOnCuda<Node<Half, Kind>>>);
  domain.Add(new Op<ProjectionOnCuda<Node<BFloat16, Kind>>>);
}

}  // namespace

/// Without them ONNX Runtime runs the operators' function bodies: cuBLAS's products, followed by
/// this library's kernels.
void add_projection_cuda(Ort::CustomOpDomain& domain) {
  if (!projection_cuda_is_fast()) return;
  add<ProjectionNode, PlainProjection>(domain);
  add<ProjectionNode, BiasProjection>(domain);
  add<ProjectionNode, GeluProjection>(domain);
  add<ProjectionNode, SwiGluProjection>(domain);
  add<GatedProjectionNode, GatedProjection>(domain);
  add<GatedProjectionNode, GatedBiasProjection>(domain);
}

}  // namespace dig
