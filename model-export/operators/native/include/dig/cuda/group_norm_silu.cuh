// GroupNorm and SiLU in two passes over the image: its moments in parts, then the result. A block
// has one part of one image's cells; a thread one pack of neighbouring channels in cells that are
// as far apart as the block has lanes.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/silu.cuh"
#include "dig/cuda/warp_sum.cuh"
#include "dig/group_norm_silu.h"

namespace dig {
namespace cuda {

constexpr int kGroupNormThreads = 256;

/// The cells of a block.
struct NormPart {
  std::int64_t image, first, last;

  template <typename T>
  __device__ __forceinline__ NormPart(const GroupNormArguments<T>& a, int parts) {
    const std::int64_t part = blockIdx.x % parts, span = (a.cells + parts - 1) / parts;
    image = blockIdx.x / parts;
    first = min(part * span, a.cells);
    last = min(first + span, a.cells);
  }
};

/// Where a thread works while a block goes through the packs from `base` on: with 64 packs per
/// cell, 256 threads take 4 cells at once.
struct NormLane {
  int width, lanes, lane, pack;

  __device__ __forceinline__ NormLane(int base, int packs)
      : width(min(packs - base, kGroupNormThreads)),
        lanes(kGroupNormThreads / width),
        lane(static_cast<int>(threadIdx.x) / width),
        pack(base + static_cast<int>(threadIdx.x) % width) {}
};

/// moments[image][part][group] = sum and sum of squares. Dynamic shared memory: float2 [groups].
template <typename T, int kCount>
__global__ void __launch_bounds__(kGroupNormThreads)
    group_moments_kernel(const GroupNormArguments<T> a, int parts, float2* moments) {
  let_next_start();
  wait_for_previous();
  __shared__ float2 of_threads[kCount][kGroupNormThreads];
  extern __shared__ float2 of_groups[];
  const NormPart part(a, parts);
  const int channels = static_cast<int>(a.channels), groups = static_cast<int>(a.groups);
  const int packs = channels / kCount, group_size = channels / groups;
  const int thread = static_cast<int>(threadIdx.x);
  for (int g = thread; g < groups; g += kGroupNormThreads) of_groups[g] = float2{0, 0};
  for (int base = 0; base < packs; base += kGroupNormThreads) {
    const NormLane at(base, packs);
    if (at.lane < at.lanes) {
      float sum[kCount] = {}, squares[kCount] = {};
      const T* const from = a.x + part.image * a.cells * channels + at.pack * kCount;
#pragma unroll 4
      for (std::int64_t cell = part.first + at.lane; cell < part.last; cell += at.lanes) {
        float x[kCount];
        Pack<T, kCount>(from + cell * channels).widen(x);
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
          sum[i] += x[i];
          squares[i] += x[i] * x[i];
        }
      }
#pragma unroll
      for (int i = 0; i < kCount; ++i) of_threads[i][thread] = {sum[i], squares[i]};
    }
    __syncthreads();
    const int start = base * kCount, end = start + at.width * kCount;
    for (int g = thread / 32; g < groups; g += kGroupNormThreads / 32) {
      const int first = max(g * group_size, start);
      const int terms = (min((g + 1) * group_size, end) - first) * at.lanes;
      float2 total = {0, 0};
      for (int term = thread % 32; term < terms; term += 32) {
        const int channel = first - start + term / at.lanes, lane = term % at.lanes;
        const float2 moment = of_threads[channel % kCount][lane * at.width + channel / kCount];
        total.x += moment.x;
        total.y += moment.y;
      }
      total = {warp_sum(total.x), warp_sum(total.y)};
      if (thread % 32 == 0) of_groups[g] = {of_groups[g].x + total.x, of_groups[g].y + total.y};
    }
    __syncthreads();
  }
  for (int g = thread; g < groups; g += kGroupNormThreads) {
    moments[blockIdx.x * std::int64_t{groups} + g] = of_groups[g];
  }
}

/// statistics[group] = mean and 1 / sqrt(variance + epsilon) of an image's groups, of its moments
/// in parts. They are added in fp64, in which the squares of a mean may be much larger than the
/// variance.
template <typename T>
__device__ __forceinline__ void group_statistics(const GroupNormArguments<T>& a, int parts,
                                                 const float2* moments, float2* statistics) {
  constexpr int kWarps = kGroupNormThreads / 32;
  __shared__ double2 of_warps[kWarps][32];
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int groups = static_cast<int>(a.groups);
  for (int base = 0; base < groups; base += 32) {
    const bool is_group = base + lane < groups;
    double2 total = {0, 0};
#pragma unroll 8
    for (int part = warp; is_group && part < parts; part += kWarps) {
      const float2 moment = moments[part * groups + base + lane];
      total = {total.x + moment.x, total.y + moment.y};
    }
    of_warps[warp][lane] = total;
    __syncthreads();
    if (warp == 0 && is_group) {
      for (int w = 1; w < kWarps; ++w) {
        total = {total.x + of_warps[w][lane].x, total.y + of_warps[w][lane].y};
      }
      const double count = static_cast<double>(a.cells * (a.channels / a.groups));
      const double mean = total.x / count;
      const double variance = fmax(total.y / count - mean * mean, 0.0);
      statistics[base + lane] = {static_cast<float>(mean),
                                 rsqrtf(static_cast<float>(variance) + a.epsilon)};
    }
    __syncthreads();
  }
}

/// The moments come in `moment_parts` parts per image. Dynamic shared memory: float2 [groups +
/// channels].
template <typename T, int kCount>
__global__ void __launch_bounds__(kGroupNormThreads)
    group_norm_silu_kernel(const GroupNormArguments<T> a, int parts, int moment_parts,
                           const float2* moments) {
  let_next_start();
  wait_for_previous();
  extern __shared__ float2 statistics[];
  float2* const factors = statistics + a.groups;  // scale and shift of a channel
  const NormPart part(a, parts);
  const int channels = static_cast<int>(a.channels), groups = static_cast<int>(a.groups);
  const int packs = channels / kCount;
  group_statistics(a, moment_parts, moments + part.image * moment_parts * groups, statistics);
  for (int c = static_cast<int>(threadIdx.x); c < channels; c += kGroupNormThreads) {
    const float2 group = statistics[c / (channels / groups)];
    const float scale = Pair<T>::widen(a.gamma[c]) * group.y;
    factors[c] = {scale, Pair<T>::widen(a.beta[c]) - group.x * scale};
  }
  __syncthreads();
  for (int base = 0; base < packs; base += kGroupNormThreads) {
    const NormLane at(base, packs);
    if (at.lane >= at.lanes) continue;
    float2 factor[kCount];
#pragma unroll
    for (int i = 0; i < kCount; ++i) factor[i] = factors[at.pack * kCount + i];
    const std::int64_t offset = part.image * a.cells * channels + at.pack * kCount;
#pragma unroll 4
    for (std::int64_t cell = part.first + at.lane; cell < part.last; cell += at.lanes) {
      float x[kCount];
      Pack<T, kCount>(a.x + offset + cell * channels).widen(x);
#pragma unroll
      for (int i = 0; i < kCount; ++i) x[i] = silu(x[i] * factor[i].x + factor[i].y);
      Pack<T, kCount>(x).store(a.output + offset + cell * channels);
    }
  }
}

}  // namespace cuda
}  // namespace dig
