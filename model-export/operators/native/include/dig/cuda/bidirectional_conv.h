// The CUDA kernels of BidirectionalConv.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/bidirectional_conv.h"
#include "dig/half.h"

namespace dig {

/// Enqueues the operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t enqueue_cuda(const BidirectionalConvArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
