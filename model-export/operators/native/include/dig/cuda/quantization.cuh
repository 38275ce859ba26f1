// QuantizeTokens: one warp per token, the token in registers, read once.
#pragma once

#include "dig/cuda/float8.cuh"
#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/quantization.h"

namespace dig {
namespace cuda {

constexpr int kQuantizationWarps = 4;

/// Lane l has the packs l, l + 32 … of 8 elements; kPacks * 32 of them hold the width.
template <int kPacks>
__global__ void __launch_bounds__(kQuantizationWarps * 32)
    quantize_kernel(const QuantizationArguments a) {
  let_next_start();
  wait_for_previous();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kQuantizationWarps + threadIdx.x / 32;
  if (row >= a.tokens) return;
  const int width = static_cast<int>(a.width);
  Pack<Half, 8> packs[kPacks];
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * 8;
    if (start < width) packs[p] = Pack<Half, 8>(a.x + row * a.width + start);
  }
  float most = kLeastLargest;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    if ((p * 32 + lane) * 8 >= width) continue;
    float x[8];
    packs[p].widen(x);
    most = largest(x, most);
  }
  most = warp_max(most);
  const float factor = kFloat8Largest / most;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * 8;
    if (start >= width) continue;
    float x[8];
    packs[p].widen(x);
    *reinterpret_cast<uint2*>(a.output + row * a.width + start) = quantized(x, factor);
  }
  if (lane == 0) a.scale[row] = most / kFloat8Largest;
}

/// Any width: the token is read again.
__global__ void __launch_bounds__(kQuantizationWarps * 32)
    quantize_any_width_kernel(const QuantizationArguments a) {
  let_next_start();
  wait_for_previous();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kQuantizationWarps + threadIdx.x / 32;
  if (row >= a.tokens) return;
  const Half* const x = a.x + row * a.width;
  float most = kLeastLargest;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    most = fmaxf(most, fabsf(Pair<Half>::widen(x[i])));
  }
  most = warp_max(most);
  const float factor = kFloat8Largest / most;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    a.output[row * a.width + i] = quantized(Pair<Half>::widen(x[i]) * factor);
  }
  if (lane == 0) a.scale[row] = most / kFloat8Largest;
}

}  // namespace cuda
}  // namespace dig
