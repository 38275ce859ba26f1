#include "dig/cuda/depthwise_conv.cuh"
#include "dig/cuda/depthwise_conv.h"
#include "dig/cuda/depthwise_conv_tile.cuh"
#include "dig/cuda/launch.cuh"

namespace dig {

template <typename T>
cudaError_t enqueue_cuda(const DepthwiseConvArguments<T>& a, cudaStream_t stream) {
  const std::int64_t elements = a.batch * a.rows * a.columns * a.channels;
  if (elements == 0) return cudaSuccess;
  const auto threads_for = [&a](std::int64_t strip) {
    return a.batch * cuda::divide_up(a.rows, cuda::kConvRows) * cuda::divide_up(a.columns, strip) *
           (a.channels / cuda::kConvChannels);
  };
  if constexpr (sizeof(T) == 2) {
    // For few tokens too: the choice of kernel must not depend on the batch, since kernels round
    // differently.
    const std::int64_t tiles = a.batch * cuda::divide_up(a.rows, cuda::kConvTileSide) *
                               cuda::divide_up(a.columns, cuda::kConvTileSide) *
                               cuda::divide_up(a.channels, cuda::kConvTileChannels);
    if (a.kernel_size == 3 && a.channels % 8 == 0 &&
        cuda::aligned(a.x, a.weight, a.bias, a.output)) {
      return cuda::launch(cuda::depthwise_conv_tile_kernel<T>, a, tiles, cuda::kConvTileThreads,
                          stream);
    }
  }
  const bool fast = a.kernel_size == 3 && a.channels % cuda::kConvChannels == 0 &&
                    cuda::aligned(a.x, a.weight, a.bias, a.output) &&
                    threads_for(4) <= cuda::kMaxThreads - cuda::kConvThreads;
  if (!fast) {
    return cuda::launch(cuda::depthwise_conv_any_kernel<T>, a,
                        cuda::divide_up(elements, cuda::kConvThreads), cuda::kConvThreads, stream);
  }
  // Long strips read fewer columns twice; short ones make enough threads to hide latencies.
  constexpr std::int64_t kEnoughThreads = 132 * 1024;
  int strip = 16;
  while (strip > 4 && threads_for(strip) < kEnoughThreads) strip /= 2;
  const std::int64_t blocks = cuda::divide_up(threads_for(strip), cuda::kConvThreads);
  return cuda::launch_overlapping(cuda::depthwise_conv_3x3_kernel<T>, blocks, cuda::kConvThreads, 0,
                                  stream, a, strip);
}

template cudaError_t enqueue_cuda(const DepthwiseConvArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const DepthwiseConvArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const DepthwiseConvArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
