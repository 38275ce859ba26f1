#include "dig/cuda/launch.cuh"
#include "dig/cuda/quantization.cuh"
#include "dig/cuda/quantization.h"

namespace dig {
namespace {

/// The kernel whose registers hold a token of this many packs per lane; for any other width, the
/// one that reads tokens again.
auto quantize_kernel_for(std::int64_t packs) -> void (*)(const QuantizationArguments) {
  if (packs == 0 || packs > 20) return cuda::quantize_any_width_kernel;
  if (packs <= 2) return cuda::quantize_kernel<2>;
  if (packs <= 4) return cuda::quantize_kernel<4>;
  if (packs == 5) return cuda::quantize_kernel<5>;
  if (packs <= 8) return cuda::quantize_kernel<8>;
  return packs <= 12 ? cuda::quantize_kernel<12> : cuda::quantize_kernel<20>;
}

}  // namespace

cudaError_t enqueue_cuda(const QuantizationArguments& a, cudaStream_t stream) {
  if (a.tokens == 0 || a.width == 0) return cudaSuccess;
  const bool wide = a.width % 8 == 0 && cuda::aligned(a.x, a.output);
  return cuda::launch(quantize_kernel_for(wide ? cuda::divide_up(a.width, 32 * 8) : 0), a,
                      cuda::divide_up(a.tokens, cuda::kQuantizationWarps),
                      cuda::kQuantizationWarps * 32, stream);
}

}  // namespace dig
