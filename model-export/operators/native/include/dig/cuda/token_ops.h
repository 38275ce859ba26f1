// The CUDA kernels of the memory-bound operators.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/depthwise_conv.h"
#include "dig/half.h"
#include "dig/modulated_norm.h"
#include "dig/swiglu.h"

namespace dig {

/// Enqueue an operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t token_cuda(const ModulationArguments<T>& arguments, cudaStream_t stream);
template <typename T>
cudaError_t token_cuda(const SwiGluArguments<T>& arguments, cudaStream_t stream);
template <typename T>
cudaError_t token_cuda(const DepthwiseConvArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
