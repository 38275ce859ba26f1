// The CUDA kernels of SoftmaxAttention.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/half.h"
#include "dig/softmax_attention.h"

namespace dig {

/// Whether every visible device can run the kernels (Ampere or newer).
bool softmax_attention_cuda_runs();

/// Enqueues a call for T = Half or BFloat16 and heads that has_softmax_attention; pointers are
/// device pointers to multiples of 16 bytes.
template <typename T>
cudaError_t softmax_attention_cuda(const SoftmaxAttentionArguments<T>& arguments,
                                   cudaStream_t stream);

}  // namespace dig
