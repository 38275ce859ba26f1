// DepthwiseConv on the CPU.
#pragma once

#include "dig/cpu/blocks.h"
#include "dig/depthwise_conv.h"

namespace dig {
namespace DIG_ISA {

/// Channels [start, start + count) of one output token; `weights` has kBlock of theirs per tap.
template <typename T>
static inline void convolve_token(const DepthwiseConvArguments<T>& a, std::int64_t unit,
                                  std::int64_t column, std::int64_t start, int count,
                                  const float* weights, const float* bias) {
  const std::int64_t pad = a.kernel_size / 2, row = unit % a.rows;
  Vec total[kBlock / kLanes];
  for (int i = 0; i < kBlock / kLanes; ++i) total[i] = load(bias + i * kLanes);
  for (std::int64_t dr = -pad; dr <= pad; ++dr) {
    if (row + dr < 0 || row + dr >= a.rows) continue;
    for (std::int64_t dc = -pad; dc <= pad; ++dc) {
      if (column + dc < 0 || column + dc >= a.columns) continue;
      float x[kBlock] = {};
      widen(a.x + ((unit + dr) * a.columns + column + dc) * a.channels + start, count, x);
      const float* w = weights + ((dr + pad) * a.kernel_size + dc + pad) * kBlock;
      for (int i = 0; i < kBlock / kLanes; ++i) {
        total[i] += load(x + i * kLanes) * load(w + i * kLanes);
      }
    }
  }
  float out[kBlock];
  for (int i = 0; i < kBlock / kLanes; ++i) store(out + i * kLanes, total[i]);
  narrow(out, count, a.output + (unit * a.columns + column) * a.channels + start);
}

template <typename T>
static inline void depthwise_conv(const DepthwiseConvArguments<T>& a, std::int64_t first,
                                  std::int64_t last) {
  const int taps = a.kernel_size * a.kernel_size;
  for_blocks(a.channels, [&](std::int64_t start, int count) {
    float weights[kMaxKernelSize * kMaxKernelSize * kBlock];
    float bias[kBlock] = {};
    for (int tap = 0; tap < taps; ++tap) {
      float* w = weights + tap * kBlock;
      for (int i = 0; i < kBlock; ++i) w[i] = 0;
      widen(a.weight + tap * a.channels + start, count, w);
    }
    widen(a.bias + start, count, bias);
    for (std::int64_t unit = first; unit < last; ++unit) {
      for (std::int64_t column = 0; column < a.columns; ++column) {
        convolve_token(a, unit, column, start, count, weights, bias);
      }
    }
  });
}

}  // namespace DIG_ISA
}  // namespace dig
