// The oracle of DepthwiseConv: one scalar after another, in double.
#pragma once

#include <cstdint>
#include <vector>

#include "dig/depthwise_conv.h"

namespace dig {

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
