// The oracle of SwiGLU: one scalar after another, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/swiglu.h"

namespace dig {

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

}  // namespace dig
