// Kernels that start while the one before them in the stream still ends (programmatic dependent
// launch, from Hopper on): their blocks take the places that its last blocks leave free.
//
// A kernel that is launched in this way calls wait_for_previous before it reads or writes global
// memory, and let_next_start as early as it likes: the next kernel starts once all blocks have
// called it, and waits for the end of this one in turn.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace dig {
namespace cuda {

__device__ __forceinline__ void let_next_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// Until the kernels before have ended and what they wrote is seen.
__device__ __forceinline__ void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Whether every visible device can do so.
inline bool kernels_overlap() {
  static const bool overlap = [] {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess) return false;
    for (int device = 0; device < devices; ++device) {
      int major = 0;
      const cudaError_t error =
          cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
      if (error != cudaSuccess || major < 9) return false;
    }
    return true;
  }();
  return overlap;
}

/// Enqueues a kernel that calls wait_for_previous.
template <typename... Parameters>
cudaError_t launch_overlapping(void (*kernel)(Parameters...), std::int64_t blocks, int threads,
                               std::size_t shared_bytes, cudaStream_t stream,
                               const Parameters&... arguments) {
  cudaLaunchAttribute overlap{};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  config.attrs = &overlap;
  config.numAttrs = kernels_overlap() ? 1 : 0;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}

}  // namespace cuda
}  // namespace dig
