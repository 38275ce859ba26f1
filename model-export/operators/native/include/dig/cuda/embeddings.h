// The CUDA kernels of the sin-cos embeddings.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/embeddings.h"

namespace dig {

/// Enqueue an embedding; pointers are device pointers.
cudaError_t enqueue_cuda(const TimestepEmbeddingArguments& arguments, cudaStream_t stream);
cudaError_t enqueue_cuda(const PositionEmbeddingArguments& arguments, cudaStream_t stream);

}  // namespace dig
