// CUDA nodes whose kernels need nothing but their tensors.
#pragma once

#include <cuda_runtime_api.h>

#include "../ort_op.h"
#include "cuda_status.h"

namespace dig {

inline cudaStream_t stream_of(const Ort::KernelContext& context) {
  return static_cast<cudaStream_t>(context.GetGPUComputeStream());
}

/// `Node` with the kernel that enqueue_cuda has for its arguments.
template <typename Node>
class OnCuda : public Node {
 public:
  static constexpr const char* kProvider = "CUDAExecutionProvider";

  using Node::Node;

  void compute(const Ort::KernelContext& context) const {
    check(enqueue_cuda(this->arguments(context), stream_of(context)), Node::kName);
  }
};

template <template <typename> class Node>
void add_on_cuda(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCuda<Node<float>>>);
  domain.Add(new Op<OnCuda<Node<Half>>>);
  domain.Add(new Op<OnCuda<Node<BFloat16>>>);
}

}  // namespace dig
