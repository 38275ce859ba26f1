// The CUDA kernel of QuantizeTokens.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/quantization.h"

namespace dig {

/// Enqueues the operator; pointers are device pointers.
cudaError_t enqueue_cuda(const QuantizationArguments& arguments, cudaStream_t stream);

}  // namespace dig
