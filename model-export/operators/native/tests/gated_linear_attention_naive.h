// The oracle: the recurrence as it is written, one scalar after the other.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "dig/gated_linear_attention.h"

namespace dig {

/// The recurrence in `Real`, over inputs that were widened to float beforehand.
template <typename Real>
std::vector<float> naive_gla(const GlaArguments<float>& a) {
  std::vector<float> output(static_cast<std::size_t>(a.batch * a.length * a.output_stride()));
  const int keys = a.key_size, values = a.value_size;
  for (std::int64_t b = 0; b < a.batch; ++b) {
    for (int h = 0; h < a.heads; ++h) {
      std::vector<Real> state(static_cast<std::size_t>(keys * values), Real(0));
      std::vector<Real> o(static_cast<std::size_t>(values));
      for (std::int64_t t = 0; t < a.length; ++t) {
        const std::int64_t token = b * a.length + a.order.token(t);
        const float* row = a.packed + token * a.row_stride;
        const float* q = row + h * keys;
        const float* k = row + a.key_offset() + h * keys;
        const float* v = row + a.value_offset() + h * values;
        const float* g = row + a.gate_offset() + h * keys;
        const float* z = row + a.output_gate_offset() + h * values;
        std::fill(o.begin(), o.end(), Real(0));
        for (int i = 0; i < keys; ++i) {
          const Real x = Real(g[i]) + (a.gate_bias ? Real(a.gate_bias[h * keys + i]) : Real(0));
          const Real log_sigmoid = x >= 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x));
          const Real decay = std::exp(log_sigmoid / Real(a.gate_normalizer));
          for (int j = 0; j < values; ++j) {
            Real& s = state[static_cast<std::size_t>(i * values + j)];
            s = decay * s + Real(k[i]) * Real(v[j]);
            o[static_cast<std::size_t>(j)] += Real(q[i]) * s;
          }
        }
        Real squares = 0;
        for (Real& x : o) {
          x /= std::sqrt(Real(keys));
          squares += x * x;
        }
        const Real scale = 1 / std::sqrt(squares / Real(values) + Real(a.epsilon));
        float* out = output.data() + token * a.output_stride() + h * values;
        for (int j = 0; j < values; ++j) {
          Real x = o[static_cast<std::size_t>(j)];
          if (a.norm_weight) {
            x *= scale * Real(a.norm_weight[j]) * Real(z[j]) / (1 + std::exp(-Real(z[j])));
          }
          out[j] = static_cast<float>(x);
        }
      }
    }
  }
  return output;
}

}  // namespace dig
