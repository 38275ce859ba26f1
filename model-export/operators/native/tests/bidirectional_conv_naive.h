// The oracle of BidirectionalConv: one scalar after another, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/bidirectional_conv.h"

namespace dig {

inline std::vector<float> naive_bidirectional_conv(const BidirectionalConvArguments<float>& a,
                                                   int direction) {
  std::vector<float> output;
  for (std::int64_t b = 0; b < a.batch; ++b) {
    for (std::int64_t t = 0; t < a.length; ++t) {
      for (std::int64_t d = 0; d < a.inner; ++d) {
        double total = a.bias[direction * a.inner + d];
        for (std::int64_t i = 0; i < kConvTaps; ++i) {
          const std::int64_t seen = direction == 0 ? t - 3 + i : t + i;
          if (seen < 0 || seen >= a.length) continue;
          total += double(a.weight[(direction * kConvTaps + i) * a.inner + d]) *
                   a.packed[(b * a.length + seen) * 2 * a.inner + d];
        }
        output.push_back(static_cast<float>(total / (1 + std::exp(-total))));
      }
    }
  }
  return output;
}

}  // namespace dig
