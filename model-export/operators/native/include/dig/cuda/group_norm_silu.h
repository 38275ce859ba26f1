// The CUDA kernels of GroupNormSiLU.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "dig/group_norm_silu.h"

namespace dig {

/// The most channels that an image may have.
constexpr std::int64_t kMaxNormChannels = 4096;

/// Bytes of device memory that a call needs.
template <typename T>
std::size_t group_norm_cuda_workspace(const GroupNormArguments<T>& arguments);

/// Enqueues the call; pointers are device pointers. An image's bytes do not depend on the rest of
/// its batch.
template <typename T>
cudaError_t group_norm_cuda(const GroupNormArguments<T>& arguments, void* workspace,
                            cudaStream_t stream);

}  // namespace dig
