#include "dig/cuda/launch.cuh"
#include "dig/cuda/modulated_norm.cuh"
#include "dig/cuda/modulated_norm.h"

namespace dig {
namespace {

/// The kernel whose registers hold a token of this many packs per lane; for any other width,
/// the one that reads tokens again.
template <typename T, bool kQuantized>
auto modulate_kernel_for(std::int64_t packs) -> void (*)(const ModulationArguments<T>) {
  constexpr int kCount = cuda::kWide<T>;
  switch (packs) {
    case 1:
      return cuda::modulate_kernel<T, kCount, 1, kQuantized>;
    case 2:
      return cuda::modulate_kernel<T, kCount, 2, kQuantized>;
    case 3:
      return cuda::modulate_kernel<T, kCount, 3, kQuantized>;
    case 4:
      return cuda::modulate_kernel<T, kCount, 4, kQuantized>;
    case 5:
      return cuda::modulate_kernel<T, kCount, 5, kQuantized>;
    case 6:
    case 7:
    case 8:
      return cuda::modulate_kernel<T, kCount, 8, kQuantized>;
    default:
      return cuda::modulate_any_width_kernel<T>;
  }
}

}  // namespace

template <typename T>
cudaError_t enqueue_cuda(const ModulationArguments<T>& a, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0 || a.width == 0) return cudaSuccess;
  const bool wide = a.width % cuda::kWide<T> == 0 &&
                    cuda::aligned(a.x, a.y, a.modulation, a.sum, a.normed, a.quantized);
  const std::int64_t packs = wide ? cuda::divide_up(a.width, 32 * cuda::kWide<T>) : 0;
  auto kernel = modulate_kernel_for<T, false>(packs);
  if (a.quantized != nullptr) {
    if constexpr (std::is_same<T, Half>::value) {
      kernel = modulate_kernel_for<T, true>(packs);
    } else {
      return cudaErrorNotSupported;
    }
  }
  return cuda::launch(kernel, a, cuda::divide_up(a.batch * a.length, cuda::kNormWarps),
                      cuda::kNormWarps * 32, stream);
}

template cudaError_t enqueue_cuda(const ModulationArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const ModulationArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const ModulationArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
