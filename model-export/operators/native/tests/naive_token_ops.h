// The oracle of the memory-bound operators: one scalar after the other, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/depthwise_conv.h"
#include "dig/modulated_norm.h"
#include "dig/swiglu.h"

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

inline std::vector<float> naive_swiglu(const SwiGluArguments<float>& a) {
  std::vector<float> output;
  for (std::int64_t token = 0; token < a.tokens; ++token) {
    for (std::int64_t i = 0; i < a.width; ++i) {
      const double gate = a.packed[token * 2 * a.width + i];
      const double value = a.packed[token * 2 * a.width + a.width + i];
      output.push_back(static_cast<float>(gate / (1 + std::exp(-gate)) * value));
    }
  }
  return output;
}

inline std::vector<float> naive_depthwise_conv(const DepthwiseConvArguments<float>& a) {
  std::vector<float> output;
  const std::int64_t pad = a.kernel_size / 2;
  for (std::int64_t b = 0; b < a.batch; ++b) {
    for (std::int64_t r = 0; r < a.rows; ++r) {
      for (std::int64_t c = 0; c < a.columns; ++c) {
        for (std::int64_t d = 0; d < a.channels; ++d) {
          double total = a.bias[d];
          for (std::int64_t i = 0; i < a.kernel_size; ++i) {
            for (std::int64_t j = 0; j < a.kernel_size; ++j) {
              const std::int64_t row = r + i - pad, column = c + j - pad;
              if (row < 0 || row >= a.rows || column < 0 || column >= a.columns) continue;
              total += double(a.weight[(i * a.kernel_size + j) * a.channels + d]) *
                       a.x[((b * a.rows + row) * a.columns + column) * a.channels + d];
            }
          }
          output.push_back(static_cast<float>(total));
        }
      }
    }
  }
  return output;
}

}  // namespace dig
