// The oracle of SelectiveScan: the recurrence as it is written, one scalar after the other, in
// double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/selective_scan.h"

namespace dig {

/// One direction of one channel of one batch entry: adds its y to those of all tokens.
inline void naive_scan_channel(const SelectiveScanArguments<float>& a, int direction,
                               std::int64_t batch, std::int64_t channel, std::vector<double>& y) {
  double state[kScanStates] = {};
  for (std::int64_t i = 0; i < a.length; ++i) {
    const std::int64_t t = direction == 0 ? i : a.length - 1 - i;
    const std::int64_t token = batch * a.length + t;
    const double u = a.u[direction][token * a.inner + channel];
    const double step = double(a.step[direction][token * a.inner + channel]) +
                        a.step_bias[direction * a.inner + channel];
    const double delta = step > 0 ? step + std::log1p(std::exp(-step)) : std::log1p(std::exp(step));
    const float* const b = a.matrices[direction] + token * a.matrices_width;
    const float* const c = b + kScanStates;
    double total = a.skip[direction * a.inner + channel] * u;
    for (int s = 0; s < kScanStates; ++s) {
      const double rate = a.a[(direction * kScanStates + s) * a.inner + channel];
      state[s] = std::exp(delta * rate) * state[s] + delta * u * b[s];
      total += c[s] * state[s];
    }
    y[static_cast<std::size_t>(t)] += total;
  }
}

inline std::vector<float> naive_selective_scan(const SelectiveScanArguments<float>& a) {
  std::vector<float> output(static_cast<std::size_t>(a.batch * a.length * a.inner));
  for (std::int64_t b = 0; b < a.batch; ++b) {
    for (std::int64_t channel = 0; channel < a.inner; ++channel) {
      std::vector<double> y(static_cast<std::size_t>(a.length));
      for (int direction = 0; direction < 2; ++direction) {
        naive_scan_channel(a, direction, b, channel, y);
      }
      for (std::int64_t t = 0; t < a.length; ++t) {
        const std::int64_t token = b * a.length + t;
        const double z = a.packed[token * 2 * a.inner + a.inner + channel];
        output[static_cast<std::size_t>(token * a.inner + channel)] =
            static_cast<float>(y[static_cast<std::size_t>(t)] * z / (1 + std::exp(-z)));
      }
    }
  }
  return output;
}

}  // namespace dig
