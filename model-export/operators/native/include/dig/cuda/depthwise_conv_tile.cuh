// The 3 x 3 depthwise convolution of 16-bit tokens through tiles in shared memory: every element
// is read from memory once, except at a tile's edges.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/depthwise_conv.h"

namespace dig {
namespace cuda {

constexpr int kConvTileSide = 16;
constexpr int kConvTileChannels = 64;  ///< 128 bytes of a token
constexpr int kConvTileThreads = 256;  ///< one per column and four channels

/// 16 bytes to shared memory, zeros where not `inside`; waited for with wait_small_copies.
__device__ __forceinline__ void copy_16(void* to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void wait_small_copies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

/// A block makes 16 x 16 outputs of 64 channels. Channels are a multiple of 8, and tensors start at
/// multiples of 16 bytes.
template <typename T>
__global__ void __launch_bounds__(kConvTileThreads, 3)
    depthwise_conv_tile_kernel(const DepthwiseConvArguments<T> a) {
  let_next_start();
  wait_for_previous();
  constexpr int kSide = kConvTileSide + 2, kC = 4, kParts = kConvTileChannels / 8;
  __shared__ uint4 tile[kSide * kSide * kParts];
  const int rows = static_cast<int>(a.rows), columns = static_cast<int>(a.columns);
  const int channels = static_cast<int>(a.channels);
  const auto chunks = static_cast<unsigned>((channels + kConvTileChannels - 1) / kConvTileChannels);
  const auto across = static_cast<unsigned>((columns + kConvTileSide - 1) / kConvTileSide);
  const auto down = static_cast<unsigned>((rows + kConvTileSide - 1) / kConvTileSide);
  unsigned index = blockIdx.x;
  const int first_channel = static_cast<int>(index % chunks) * kConvTileChannels;
  index /= chunks;
  const int first_column = static_cast<int>(index % across) * kConvTileSide;
  index /= across;
  const int first_row = static_cast<int>(index % down) * kConvTileSide;
  const std::int64_t image = std::int64_t{index / down} * rows * columns * channels;

  for (int i = static_cast<int>(threadIdx.x); i < kSide * kSide * kParts; i += kConvTileThreads) {
    const int place = i / kParts, channel = first_channel + i % kParts * 8;
    const int row = first_row + place / kSide - 1, column = first_column + place % kSide - 1;
    const bool inside =
        row >= 0 && row < rows && column >= 0 && column < columns && channel < channels;
    const std::int64_t at = (std::int64_t{row} * columns + column) * channels + channel;
    copy_16(&tile[i], inside ? a.x + image + at : a.x, inside);
  }

  const int quad = static_cast<int>(threadIdx.x) % (kConvTileChannels / kC);
  const int x = static_cast<int>(threadIdx.x) / (kConvTileChannels / kC);
  const int channel = first_channel + quad * kC;
  const bool mine = channel < channels && first_column + x < columns;
  float weight[3][3][kC] = {}, bias[kC] = {};
  if (mine) {
#pragma unroll
    for (int i = 0; i < 3; ++i) {
#pragma unroll
      for (int j = 0; j < 3; ++j) {
        Pack<T, kC>(a.weight + (i * 3 + j) * channels + channel).widen(weight[i][j]);
      }
    }
    Pack<T, kC>(a.bias + channel).widen(bias);
  }
  wait_small_copies();
  __syncthreads();
  if (!mine) return;

  // Down a column: `above` is the sum of the output one row up, which this row's inputs complete.
  const auto* const words = reinterpret_cast<const uint2*>(tile) + x * 2 * kParts + quad;
  T* const output = a.output + image + (std::int64_t{first_column} + x) * channels + channel;
  float above[kC] = {}, here[kC] = {};
#pragma unroll 3
  for (int r = 0; r < kSide; ++r) {
    float below[kC];
#pragma unroll
    for (int c = 0; c < kC; ++c) below[c] = bias[c];
#pragma unroll
    for (int j = 0; j < 3; ++j) {
      Pack<T, kC> pack;
      pack.word = words[(r * kSide + j) * 2 * kParts];
      float in[kC];
      pack.widen(in);
#pragma unroll
      for (int c = 0; c < kC; ++c) {
        above[c] += weight[2][j][c] * in[c];
        here[c] += weight[1][j][c] * in[c];
        below[c] += weight[0][j][c] * in[c];
      }
    }
    const int row = first_row + r - 2;
    if (r >= 2 && row < rows) {
      Pack<T, kC>(above).store(output + std::int64_t{row} * columns * channels);
    }
#pragma unroll
    for (int c = 0; c < kC; ++c) {
      above[c] = here[c];
      here[c] = below[c];
    }
  }
}

}  // namespace cuda
}  // namespace dig
