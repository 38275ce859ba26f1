// The CUDA kernels of gated linear attention.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "dig/gated_linear_attention.h"
#include "dig/half.h"

namespace dig {

/// Bytes of device memory that a call of gla_cuda needs in addition to its tensors; may be 0.
template <typename T>
std::size_t gla_cuda_workspace(const GlaArguments<T>& arguments);

/// Enqueues the operator for T = float, Half or BFloat16. Pointers are device pointers; those of
/// `packed` and `output` are aligned to 16 bytes. `workspace` has gla_cuda_workspace bytes, aligned
/// to 16, with any contents; two calls may share it only within one stream.
template <typename T>
cudaError_t gla_cuda(const GlaArguments<T>& arguments, void* workspace, cudaStream_t stream);

}  // namespace dig
