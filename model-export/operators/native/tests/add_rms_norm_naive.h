// The oracle of AddRmsNorm: one scalar after another, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/add_rms_norm.h"

namespace dig {

struct NaiveAddRmsNorm {
  std::vector<float> sum, normed;

  explicit NaiveAddRmsNorm(const AddRmsNormArguments<float>& a) {
    for (std::int64_t token = 0; token < a.tokens; ++token) {
      double squares = 0;
      for (std::int64_t i = token * a.width; i < (token + 1) * a.width; ++i) {
        const double total = double(a.residual[i]) + a.x[i];
        squares += total * total;
        sum.push_back(static_cast<float>(total));
      }
      const double scale = 1 / std::sqrt(squares / static_cast<double>(a.width) + a.epsilon);
      for (std::int64_t i = 0; i < a.width; ++i) {
        const double total = double(a.residual[token * a.width + i]) + a.x[token * a.width + i];
        normed.push_back(static_cast<float>(total * scale * a.weight[i]));
      }
    }
  }
};

}  // namespace dig
