// AddRmsNorm on the CPU.
#pragma once

#include <cmath>

#include "dig/add_rms_norm.h"
#include "dig/cpu/blocks.h"

namespace dig {
namespace DIG_ISA {

template <typename T>
static inline void add_rms_norm(const AddRmsNormArguments<T>& a, std::int64_t first,
                                std::int64_t last) {
  for (std::int64_t token = first; token < last; ++token) {
    float* const row = a.sum + token * a.width;
    Vec squares = Vec{};
    for_blocks(a.width, [&](std::int64_t start, int count) {
      float block[kBlock] = {}, x[kBlock] = {};
      widen(a.residual + token * a.width + start, count, block);
      widen(a.x + token * a.width + start, count, x);
      for (int i = 0; i < kBlock; i += kLanes) {
        const Vec total = load(block + i) + load(x + i);
        store(block + i, total);
        squares += total * total;
      }
      narrow(block, count, row + start);
    });
    const float mean = sum(squares) / static_cast<float>(a.width);
    const float factor = 1.0f / std::sqrt(mean + a.epsilon);
    for_blocks(a.width, [&](std::int64_t start, int count) {
      float block[kBlock] = {}, weight[kBlock] = {};
      widen(row + start, count, block);
      widen(a.weight + start, count, weight);
      for (int i = 0; i < kBlock; i += kLanes) {
        store(block + i, load(block + i) * factor * load(weight + i));
      }
      narrow(block, count, a.normed + token * a.width + start);
    });
  }
}

}  // namespace DIG_ISA
}  // namespace dig
