#include "dig/cuda/launch.cuh"
#include "dig/cuda/selective_scan.cuh"
#include "dig/cuda/selective_scan.h"

namespace dig {

template <typename T>
cudaError_t enqueue_cuda(const SelectiveScanArguments<T>& a, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0 || a.inner == 0) return cudaSuccess;
  // Chunks are counted in 32 bits.
  if (a.length > std::int64_t{0x7fffffff}) return cudaErrorInvalidConfiguration;
  const bool aligned = a.inner % cuda::kScanPack == 0 && a.matrices_width % cuda::kWide<T> == 0 &&
                       cuda::aligned(a.packed, a.u[0], a.u[1], a.step[0], a.step[1], a.matrices[0],
                                     a.matrices[1], a.output);
  auto* const kernel =
      aligned ? cuda::selective_scan_kernel<T, true> : cuda::selective_scan_kernel<T, false>;
  return cuda::launch(kernel, a, a.batch * cuda::divide_up(a.inner, cuda::kScanGroup),
                      cuda::kScanThreads, stream);
}

template cudaError_t enqueue_cuda(const SelectiveScanArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const SelectiveScanArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const SelectiveScanArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
