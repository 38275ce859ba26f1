// The oracle of the modulated norms: one scalar after another, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/modulated_norm.h"

namespace dig {

/// x + gate * y, [tokens * width]; the arguments' outputs are not touched.
inline std::vector<float> naive_sum(const ModulationArguments<float>& a) {
  std::vector<float> sum(static_cast<std::size_t>(a.batch * a.length * a.width));
  for (std::int64_t i = 0; i < a.batch * a.length * a.width; ++i) {
    const std::int64_t batch = i / a.width / a.length;
    const double gate = a.modulation[(batch * a.rows + a.gate) * a.width + i % a.width];
    sum[static_cast<std::size_t>(i)] =
        static_cast<float>(a.x[i] + (a.y == nullptr ? 0 : gate * a.y[i]));
  }
  return sum;
}

inline std::vector<float> naive_normed(const ModulationArguments<float>& a) {
  std::vector<float> normed = naive_sum(a);
  for (std::int64_t row = 0; row < a.batch * a.length; ++row) {
    float* x = normed.data() + row * a.width;
    const float* modulation = a.modulation + row / a.length * a.rows * a.width;
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < a.width; ++i) mean += x[i] / static_cast<double>(a.width);
    for (std::int64_t i = 0; i < a.width; ++i) {
      variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(a.width);
    }
    for (std::int64_t i = 0; i < a.width; ++i) {
      const double scale = modulation[a.scale * a.width + i];
      const double shift = modulation[a.shift * a.width + i];
      x[i] = static_cast<float>(
          (x[i] - mean) / std::sqrt(variance + static_cast<double>(a.epsilon)) * scale + shift);
    }
  }
  return normed;
}

}  // namespace dig
