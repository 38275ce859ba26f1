// The two convolutions before the selective scan: a thread has a pack of channels of a strip of
// tokens, which pass through its registers once for both directions.
#pragma once

#include "dig/bidirectional_conv.h"
#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/silu.cuh"

namespace dig {
namespace cuda {

constexpr int kStripThreads = 128;
constexpr int kStrip = 16;  ///< tokens

/// kCount channels per thread; inner is a multiple of it, and the tensors are aligned to a pack.
template <typename T, int kCount>
__global__ void __launch_bounds__(kStripThreads)
    bidirectional_conv_kernel(const BidirectionalConvArguments<T> a) {
  let_next_start();
  wait_for_previous();
  constexpr int kSide = kConvTaps - 1, kSeen = 2 * kSide + 1;
  const std::int64_t packs = a.inner / kCount, strips = (a.length + kStrip - 1) / kStrip;
  const std::int64_t thread = std::int64_t{blockIdx.x} * kStripThreads + threadIdx.x;
  if (thread >= a.batch * strips * packs) return;
  const std::int64_t channel = thread % packs * kCount;
  const std::int64_t start = thread / packs % strips * kStrip;
  const std::int64_t first_token = thread / packs / strips * a.length;

  float weight[2][kConvTaps][kCount], bias[2][kCount];
#pragma unroll
  for (int direction = 0; direction < 2; ++direction) {
#pragma unroll
    for (int tap = 0; tap < kConvTaps; ++tap) {
      Pack<T, kCount>(a.weight + (direction * kConvTaps + tap) * a.inner + channel)
          .widen(weight[direction][tap]);
    }
    Pack<T, kCount>(a.bias + direction * a.inner + channel).widen(bias[direction]);
  }
  float x[kSeen][kCount];  // tokens t - 3 to t + 3, in a ring
  const auto load = [&](std::int64_t t, float(&to)[kCount]) {
    if (t >= 0 && t < a.length) {
      Pack<T, kCount>(a.packed + (first_token + t) * 2 * a.inner + channel).widen(to);
      return;
    }
#pragma unroll
    for (int i = 0; i < kCount; ++i) to[i] = 0.0f;
  };
#pragma unroll
  for (int i = 0; i < kSeen - 1; ++i) load(start - kSide + i, x[i]);
#pragma unroll
  for (int i = 0; i < kStrip; ++i) {
    const std::int64_t t = start + i;
    if (t >= a.length) return;
    load(t + kSide, x[(i + kSeen - 1) % kSeen]);
#pragma unroll
    for (int direction = 0; direction < 2; ++direction) {
      float out[kCount];
#pragma unroll
      for (int j = 0; j < kCount; ++j) {
        float total = bias[direction][j];
#pragma unroll
        for (int tap = 0; tap < kConvTaps; ++tap) {
          total =
              fmaf(weight[direction][tap][j], x[(i + direction * kSide + tap) % kSeen][j], total);
        }
        out[j] = silu(total);
      }
      Pack<T, kCount>(out).store(a.output[direction] + (first_token + t) * a.inner + channel);
    }
  }
}

}  // namespace cuda
}  // namespace dig
