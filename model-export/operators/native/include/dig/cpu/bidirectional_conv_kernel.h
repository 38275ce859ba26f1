// BidirectionalConv on the CPU.
#pragma once

#include "dig/bidirectional_conv.h"
#include "dig/cpu/blocks.h"

namespace dig {
namespace DIG_ISA {

/// Channels [start, start + count) of a run of tokens, in both directions.
template <typename T>
static inline void convolve_run(const BidirectionalConvArguments<T>& a, std::int64_t batch,
                                std::int64_t from, std::int64_t to, std::int64_t start, int count) {
  constexpr int kSides = kConvTaps - 1;
  float weight[2][kConvTaps][kBlock] = {}, bias[2][kBlock] = {};
  for (int direction = 0; direction < 2; ++direction) {
    for (int tap = 0; tap < kConvTaps; ++tap) {
      widen(a.weight + (direction * kConvTaps + tap) * a.inner + start, count,
            weight[direction][tap]);
    }
    widen(a.bias + direction * a.inner + start, count, bias[direction]);
  }
  // The run's tokens and those that the taps see on either side of it.
  float x[BidirectionalConvArguments<T>::kRun + 2 * kSides][kBlock] = {};
  for (std::int64_t t = from - kSides; t < to + kSides; ++t) {
    if (t < 0 || t >= a.length) continue;
    widen(a.packed + (batch * a.length + t) * 2 * a.inner + start, count, x[t - from + kSides]);
  }
  for (std::int64_t t = from; t < to; ++t) {
    for (int direction = 0; direction < 2; ++direction) {
      const auto* seen = x + (t - from) + direction * kSides;
      float out[kBlock];
      for (int i = 0; i < count; i += kLanes) {
        Vec total = load(bias[direction] + i);
        for (int tap = 0; tap < kConvTaps; ++tap) {
          total += load(seen[tap] + i) * load(weight[direction][tap] + i);
        }
        store(out + i, total * sigmoid(total));
      }
      narrow(out, count, a.output[direction] + (batch * a.length + t) * a.inner + start);
    }
  }
}

template <typename T>
static inline void bidirectional_conv(const BidirectionalConvArguments<T>& a, std::int64_t first,
                                      std::int64_t last) {
  for (std::int64_t unit = first; unit < last; ++unit) {
    const std::int64_t from = unit % a.runs() * a.kRun;
    const std::int64_t to = from + a.kRun < a.length ? from + a.kRun : a.length;
    for_blocks(a.inner, [&](std::int64_t start, int count) {
      convolve_run(a, unit / a.runs(), from, to, start, count);
    });
  }
}

}  // namespace DIG_ISA
}  // namespace dig
