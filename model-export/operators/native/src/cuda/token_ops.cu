#include <algorithm>

#include "dig/cuda/depthwise_conv.cuh"
#include "dig/cuda/depthwise_conv_tile.cuh"
#include "dig/cuda/modulated_norm.cuh"
#include "dig/cuda/swiglu.cuh"
#include "dig/cuda/token_ops.h"

namespace dig {
namespace {

constexpr std::int64_t kMaxBlocks = 0x7fffffff;
constexpr std::int64_t kMaxThreads = 0xffffffff;

template <typename... Pointers>
bool aligned(Pointers... pointers) {
  return ((reinterpret_cast<std::uintptr_t>(pointers) % 16 == 0) && ...);
}

std::int64_t divide_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

template <typename Arguments>
cudaError_t launch(void (*kernel)(Arguments), const Arguments& a, std::int64_t blocks, int threads,
                   cudaStream_t stream) {
  if (blocks > kMaxBlocks) return cudaErrorInvalidConfiguration;
  return cuda::launch_overlapping(kernel, blocks, threads, 0, stream, a);
}

/// The kernel whose registers hold a token of this many packs a lane; null where none does.
template <typename T>
auto modulate_kernel_for(std::int64_t packs) -> void (*)(const ModulationArguments<T>) {
  constexpr int kCount = cuda::kWide<T>;
  switch (packs) {
    case 1:
      return cuda::modulate_kernel<T, kCount, 1>;
    case 2:
      return cuda::modulate_kernel<T, kCount, 2>;
    case 3:
      return cuda::modulate_kernel<T, kCount, 3>;
    case 4:
      return cuda::modulate_kernel<T, kCount, 4>;
    case 5:
      return cuda::modulate_kernel<T, kCount, 5>;
    case 6:
    case 7:
    case 8:
      return cuda::modulate_kernel<T, kCount, 8>;
    default:
      return cuda::modulate_any_width_kernel<T>;
  }
}

}  // namespace

template <typename T>
cudaError_t token_cuda(const ModulationArguments<T>& a, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0 || a.width == 0) return cudaSuccess;
  const bool wide =
      a.width % cuda::kWide<T> == 0 && aligned(a.x, a.y, a.modulation, a.sum, a.normed);
  const auto kernel = modulate_kernel_for<T>(wide ? divide_up(a.width, 32 * cuda::kWide<T>) : 0);
  return launch(kernel, a, divide_up(a.batch * a.length, cuda::kNormWarps), cuda::kNormWarps * 32,
                stream);
}

template <typename T>
cudaError_t token_cuda(const SwiGluArguments<T>& a, cudaStream_t stream) {
  if (a.tokens == 0 || a.width == 0) return cudaSuccess;
  const bool wide = a.width % cuda::kWide<T> == 0 && aligned(a.packed, a.output);
  const std::int64_t threads = a.tokens * (wide ? a.width / cuda::kWide<T> : a.width);
  if (threads > kMaxThreads - cuda::kSwiGluThreads) return cudaErrorInvalidConfiguration;
  return launch(wide ? cuda::swiglu_kernel<T, cuda::kWide<T>> : cuda::swiglu_kernel<T, 1>, a,
                divide_up(threads, cuda::kSwiGluThreads), cuda::kSwiGluThreads, stream);
}

template <typename T>
cudaError_t token_cuda(const DepthwiseConvArguments<T>& a, cudaStream_t stream) {
  const std::int64_t elements = a.batch * a.rows * a.columns * a.channels;
  if (elements == 0) return cudaSuccess;
  const auto threads_for = [&a](std::int64_t strip) {
    return a.batch * divide_up(a.rows, cuda::kConvRows) * divide_up(a.columns, strip) *
           (a.channels / cuda::kConvChannels);
  };
  if constexpr (sizeof(T) == 2) {
    // For few tokens too: which kernel runs must not depend on the batch, for they round
    // differently.
    const std::int64_t tiles = a.batch * divide_up(a.rows, cuda::kConvTileSide) *
                               divide_up(a.columns, cuda::kConvTileSide) *
                               divide_up(a.channels, cuda::kConvTileChannels);
    if (a.kernel_size == 3 && a.channels % 8 == 0 && aligned(a.x, a.weight, a.bias, a.output)) {
      return launch(cuda::depthwise_conv_tile_kernel<T>, a, tiles, cuda::kConvTileThreads, stream);
    }
  }
  const bool fast = a.kernel_size == 3 && a.channels % cuda::kConvChannels == 0 &&
                    aligned(a.x, a.weight, a.bias, a.output) &&
                    threads_for(4) <= kMaxThreads - cuda::kConvThreads;
  if (!fast) {
    return launch(cuda::depthwise_conv_any_kernel<T>, a, divide_up(elements, cuda::kConvThreads),
                  cuda::kConvThreads, stream);
  }
  // Long strips read fewer columns twice; short ones make enough threads to hide latencies.
  constexpr std::int64_t kEnoughThreads = 132 * 1024;
  int strip = 16;
  while (strip > 4 && threads_for(strip) < kEnoughThreads) strip /= 2;
  const std::int64_t blocks = divide_up(threads_for(strip), cuda::kConvThreads);
  return cuda::launch_overlapping(cuda::depthwise_conv_3x3_kernel<T>, blocks, cuda::kConvThreads, 0,
                                  stream, a, strip);
}

template cudaError_t token_cuda(const ModulationArguments<float>&, cudaStream_t);
template cudaError_t token_cuda(const ModulationArguments<Half>&, cudaStream_t);
template cudaError_t token_cuda(const ModulationArguments<BFloat16>&, cudaStream_t);
template cudaError_t token_cuda(const SwiGluArguments<float>&, cudaStream_t);
template cudaError_t token_cuda(const SwiGluArguments<Half>&, cudaStream_t);
template cudaError_t token_cuda(const SwiGluArguments<BFloat16>&, cudaStream_t);
template cudaError_t token_cuda(const DepthwiseConvArguments<float>&, cudaStream_t);
template cudaError_t token_cuda(const DepthwiseConvArguments<Half>&, cudaStream_t);
template cudaError_t token_cuda(const DepthwiseConvArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
