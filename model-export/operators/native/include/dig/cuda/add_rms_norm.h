// The CUDA kernels of AddRmsNorm.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/add_rms_norm.h"
#include "dig/half.h"

namespace dig {

/// Enqueues the operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t enqueue_cuda(const AddRmsNormArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
