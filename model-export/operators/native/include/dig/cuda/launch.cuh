// How the host launches kernels.
#pragma once

#include <cstdint>

#include "dig/cuda/overlap.cuh"

namespace dig {
namespace cuda {

constexpr std::int64_t kMaxBlocks = 0x7fffffff;
constexpr std::int64_t kMaxThreads = 0xffffffff;  ///< kernels count threads in 32 bits

inline std::int64_t divide_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// Whether each of these addresses allows accesses of 16 bytes.
template <typename... Pointers>
bool aligned(Pointers... pointers) {
  return ((reinterpret_cast<std::uintptr_t>(pointers) % 16 == 0) && ...);
}

/// Enqueues a kernel that calls wait_for_previous and whose only parameter is its arguments.
template <typename Arguments>
cudaError_t launch(void (*kernel)(Arguments), const Arguments& a, std::int64_t blocks, int threads,
                   cudaStream_t stream) {
  if (blocks > kMaxBlocks) return cudaErrorInvalidConfiguration;
  return launch_overlapping(kernel, blocks, threads, 0, stream, a);
}

}  // namespace cuda
}  // namespace dig
