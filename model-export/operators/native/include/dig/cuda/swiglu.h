// The CUDA kernels of SwiGLU.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/half.h"
#include "dig/swiglu.h"

namespace dig {

/// Enqueues the operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t enqueue_cuda(const SwiGluArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
