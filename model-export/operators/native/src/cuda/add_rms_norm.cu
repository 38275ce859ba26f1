#include "dig/cuda/add_rms_norm.cuh"
#include "dig/cuda/add_rms_norm.h"
#include "dig/cuda/launch.cuh"

namespace dig {
namespace {

/// The kernel whose registers hold a token of this many packs per lane; for any other width, the
/// one that reads tokens again.
template <typename T>
auto add_rms_norm_kernel_for(std::int64_t packs) -> void (*)(const AddRmsNormArguments<T>) {
  if (packs < 1 || packs > 16) return cuda::add_rms_norm_any_width_kernel<T>;
  if (packs <= 3) return cuda::add_rms_norm_kernel<T, 3>;
  if (packs <= 6) return cuda::add_rms_norm_kernel<T, 6>;
  if (packs <= 8) return cuda::add_rms_norm_kernel<T, 8>;
  if (packs <= 12) return cuda::add_rms_norm_kernel<T, 12>;
  return cuda::add_rms_norm_kernel<T, 16>;
}

}  // namespace

template <typename T>
cudaError_t enqueue_cuda(const AddRmsNormArguments<T>& a, cudaStream_t stream) {
  if (a.tokens == 0 || a.width == 0) return cudaSuccess;
  const bool wide = a.width % 4 == 0 && cuda::aligned(a.residual, a.x, a.weight, a.sum, a.normed);
  return cuda::launch(add_rms_norm_kernel_for<T>(wide ? cuda::divide_up(a.width, 128) : 0), a,
                      cuda::divide_up(a.tokens, cuda::kRmsWarps), cuda::kRmsWarps * 32, stream);
}

template cudaError_t enqueue_cuda(const AddRmsNormArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const AddRmsNormArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const AddRmsNormArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
