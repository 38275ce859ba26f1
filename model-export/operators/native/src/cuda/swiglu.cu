#include "dig/cuda/launch.cuh"
#include "dig/cuda/swiglu.cuh"
#include "dig/cuda/swiglu.h"

namespace dig {

template <typename T>
cudaError_t enqueue_cuda(const SwiGluArguments<T>& a, cudaStream_t stream) {
  if (a.tokens == 0 || a.width == 0) return cudaSuccess;
  const bool wide = a.width % cuda::kWide<T> == 0 && cuda::aligned(a.packed, a.output);
  const std::int64_t threads = a.tokens * (wide ? a.width / cuda::kWide<T> : a.width);
  if (threads > cuda::kMaxThreads - cuda::kSwiGluThreads) return cudaErrorInvalidConfiguration;
  return cuda::launch(wide ? cuda::swiglu_kernel<T, cuda::kWide<T>> : cuda::swiglu_kernel<T, 1>, a,
                      cuda::divide_up(threads, cuda::kSwiGluThreads), cuda::kSwiGluThreads, stream);
}

template cudaError_t enqueue_cuda(const SwiGluArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const SwiGluArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const SwiGluArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
