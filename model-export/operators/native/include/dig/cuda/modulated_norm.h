// The CUDA kernels of AdaLayerNorm, GatedResidual and GatedAdaLayerNorm.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/half.h"
#include "dig/modulated_norm.h"

namespace dig {

/// Enqueues the operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t enqueue_cuda(const ModulationArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
