// Adaptive LayerNorm and gated residual: one warp per token, the token in registers, read once.
#pragma once

#include "dig/cuda/float8.cuh"
#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/warp_sum.cuh"
#include "dig/modulated_norm.h"

namespace dig {
namespace cuda {

constexpr int kNormWarps = 4;

/// Lane l has the packs l, l + 32 … of kCount elements; kPacks * 32 of them hold the width.
/// @tparam kQuantized whether `quantized` is written, instead of `normed`
template <typename T, int kCount, int kPacks, bool kQuantized>
__global__ void __launch_bounds__(kNormWarps * 32) modulate_kernel(const ModulationArguments<T> a) {
  let_next_start();
  wait_for_previous();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kNormWarps + threadIdx.x / 32;
  if (row >= a.batch * a.length) return;
  const int width = static_cast<int>(a.width);
  const T* const x_row = a.x + row * a.width;
  const T* const modulation = a.modulation + row / a.length * a.rows * a.width;

  Pack<T, kCount> x[kPacks], y[kPacks];
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start < width) x[p] = Pack<T, kCount>(x_row + start);
  }
  if (a.y != nullptr) {
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      const int start = (p * 32 + lane) * kCount;
      if (start < width) y[p] = Pack<T, kCount>(a.y + row * a.width + start);
    }
  }
  float sum[kPacks][kCount];
  float total = 0;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start >= width) continue;
    x[p].widen(sum[p]);
    if (a.y != nullptr) {
      float residual[kCount], gate[kCount];
      y[p].widen(residual);
      Pack<T, kCount>(modulation + a.gate * a.width + start).widen(gate);
#pragma unroll
      for (int i = 0; i < kCount; ++i) sum[p][i] += gate[i] * residual[i];
    }
    if (a.sum != nullptr) Pack<T, kCount>(sum[p]).store(a.sum + row * a.width + start);
#pragma unroll
    for (int i = 0; i < kCount; ++i) total += sum[p][i];
  }
  if (!kQuantized && a.normed == nullptr) return;

  const float mean = warp_sum(total) / static_cast<float>(width);
  float squares = 0;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    if ((p * 32 + lane) * kCount >= width) continue;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      const float d = sum[p][i] - mean;
      squares += d * d;
    }
  }
  const float factor = rsqrtf(warp_sum(squares) / static_cast<float>(width) + a.epsilon);
  float most = kLeastLargest;
#pragma unroll
  for (int p = 0; p < kPacks; ++p) {
    const int start = (p * 32 + lane) * kCount;
    if (start >= width) continue;
    float scale[kCount], shift[kCount];
    Pack<T, kCount>(modulation + a.scale * a.width + start).widen(scale);
    Pack<T, kCount>(modulation + a.shift * a.width + start).widen(shift);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      sum[p][i] = (sum[p][i] - mean) * factor * scale[i] + shift[i];
    }
    const Pack<T, kCount> normed(sum[p]);
    if constexpr (kQuantized) {
      normed.widen(sum[p]);
      most = largest(sum[p], most);
    } else {
      normed.store(a.normed + row * a.width + start);
    }
  }
  if constexpr (kQuantized) {
    most = warp_max(most);
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      const int start = (p * 32 + lane) * kCount;
      if (start >= width) continue;
      *reinterpret_cast<uint2*>(a.quantized + row * a.width + start) =
          quantized(sum[p], kFloat8Largest / most);
    }
    if (lane == 0) a.token_scale[row] = most / kFloat8Largest;
  }
}

/// Any width: the token is read again for each pass.
template <typename T>
__global__ void __launch_bounds__(kNormWarps * 32)
    modulate_any_width_kernel(const ModulationArguments<T> a) {
  let_next_start();
  wait_for_previous();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kNormWarps + threadIdx.x / 32;
  if (row >= a.batch * a.length) return;
  const T* const modulation = a.modulation + row / a.length * a.rows * a.width;
  const auto sum_at = [&](std::int64_t i) {
    const float x = Pair<T>::widen(a.x[row * a.width + i]);
    if (a.y == nullptr) return x;
    return x + Pair<T>::widen(modulation[a.gate * a.width + i]) *
                   Pair<T>::widen(a.y[row * a.width + i]);
  };
  float total = 0;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    const float x = sum_at(i);
    total += x;
    if (a.sum != nullptr) a.sum[row * a.width + i] = Pair<T>::narrow(x);
  }
  if (a.normed == nullptr && a.quantized == nullptr) return;
  const float mean = warp_sum(total) / static_cast<float>(a.width);
  float squares = 0;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    const float d = sum_at(i) - mean;
    squares += d * d;
  }
  const float factor = rsqrtf(warp_sum(squares) / static_cast<float>(a.width) + a.epsilon);
  const auto normed_at = [&](std::int64_t i) {
    const float scale = Pair<T>::widen(modulation[a.scale * a.width + i]);
    const float shift = Pair<T>::widen(modulation[a.shift * a.width + i]);
    return Pair<T>::narrow((sum_at(i) - mean) * factor * scale + shift);
  };
  if (a.normed != nullptr) {
    for (std::int64_t i = lane; i < a.width; i += 32) a.normed[row * a.width + i] = normed_at(i);
    return;
  }
  float most = kLeastLargest;
  for (std::int64_t i = lane; i < a.width; i += 32) {
    most = fmaxf(most, fabsf(Pair<T>::widen(normed_at(i))));
  }
  most = warp_max(most);
  for (std::int64_t i = lane; i < a.width; i += 32) {
    a.quantized[row * a.width + i] =
        quantized(Pair<T>::widen(normed_at(i)) * (kFloat8Largest / most));
  }
  if (lane == 0) a.token_scale[row] = most / kFloat8Largest;
}

}  // namespace cuda
}  // namespace dig
