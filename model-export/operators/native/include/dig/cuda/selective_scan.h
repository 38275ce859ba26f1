// The CUDA kernels of SelectiveScan.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/half.h"
#include "dig/selective_scan.h"

namespace dig {

/// Enqueues the operator for T = float, Half or BFloat16; pointers are device pointers.
template <typename T>
cudaError_t enqueue_cuda(const SelectiveScanArguments<T>& arguments, cudaStream_t stream);

}  // namespace dig
