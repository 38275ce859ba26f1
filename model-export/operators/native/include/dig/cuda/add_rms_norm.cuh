// The residual's sum and its RMSNorm: one warp per token, the token in registers, read once.
#pragma once

#include "dig/add_rms_norm.h"
#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/warp_sum.cuh"

namespace dig {
namespace cuda {

constexpr int kRmsWarps = 4;

/// Lane l has the packs l, l + 32 … of four elements; kPacks * 32 of them hold the width.
template <typename T, int kPacks>
__global__ void __launch_bounds__(kRmsWarps * 32)
    add_rms_norm_kernel(const AddRmsNormArguments<T> a) {
  let_next_start();
  wait_for_previous();
  constexpr int kCount = 4;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t token = std::int64_t{blockIdx.x} * kRmsWarps + threadIdx.x / 32;
  if (token >= a.tokens) return;
  const int width = static_cast<int>(a.width);
  const std::int64_t row = token * a.width;
  Pack<float, kCount> residual[kPacks];
  Pack<T, kCount> x[kPacks];
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start >= width) continue;
    residual[p] = Pack<float, kCount>(a.residual + row + start);
    x[p] = Pack<T, kCount>(a.x + row + start);
  }
  float sum[kPacks][kCount];
  float squares = 0;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start >= width) continue;
    float added[kCount];
    residual[p].widen(sum[p]);
    x[p].widen(added);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      sum[p][i] += added[i];
      squares = fmaf(sum[p][i], sum[p][i], squares);
    }
    Pack<float, kCount>(sum[p]).store(a.sum + row + start);
  }
  const float factor = rsqrtf(warp_sum(squares) / static_cast<float>(width) + a.epsilon);
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start >= width) continue;
    float weight[kCount];
    Pack<T, kCount>(a.weight + start).widen(weight);
#pragma unroll
    for (int i = 0; i < kCount; ++i) sum[p][i] *= factor * weight[i];
    Pack<T, kCount>(sum[p]).store(a.normed + row + start);
  }
}

/// Any width: the token is read again for the second pass.
template <typename T>
__global__ void __launch_bounds__(kRmsWarps * 32)
    add_rms_norm_any_width_kernel(const AddRmsNormArguments<T> a) {
  let_next_start();
  wait_for_previous();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t token = std::int64_t{blockIdx.x} * kRmsWarps + threadIdx.x / 32;
  if (token >= a.tokens) return;
  const std::int64_t row = token * a.width;
  float squares = 0;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    const float sum = a.residual[row + i] + Pair<T>::widen(a.x[row + i]);
    a.sum[row + i] = sum;
    squares = fmaf(sum, sum, squares);
  }
  const float factor = rsqrtf(warp_sum(squares) / static_cast<float>(a.width) + a.epsilon);
  for (std::int64_t i = lane; i < a.width; i += 32) {
    a.normed[row + i] = Pair<T>::narrow(a.sum[row + i] * factor * Pair<T>::widen(a.weight[i]));
  }
}

}  // namespace cuda
}  // namespace dig
