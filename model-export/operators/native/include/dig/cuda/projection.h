// The CUDA kernels of the projections.
#pragma once

#include <cuda_runtime_api.h>

#include "dig/half.h"
#include "dig/projection.h"

namespace dig {

/// Whether every visible device has the fast kernels, which exist only for Hopper GPUs.
bool projection_cuda_is_fast();

/// Enqueues a projection for T = Half or BFloat16; pointers are device pointers. Fast where inner
/// and the output's columns are multiples of 8, tensors start at multiples of 16 bytes, and there
/// is a bias with kGelu and none with kSwiGlu.
template <typename T>
cudaError_t projection_cuda(Epilogue epilogue, const ProjectionArguments<T>& arguments,
                            cudaStream_t stream);

/// The same of operands in 8 bits. It needs projection_cuda_is_fast(), inner in multiples of 16, an
/// output's columns in multiples of 8, tensors at multiples of 16 bytes, and biases as above; else
/// it returns cudaErrorNotSupported.
cudaError_t quantized_projection_cuda(Epilogue epilogue,
                                      const ProjectionArguments<Half, Float8>& arguments,
                                      cudaStream_t stream);

}  // namespace dig
