// SwiGLU on the CPU.
#pragma once

#include "dig/cpu/blocks.h"
#include "dig/swiglu.h"

namespace dig {
namespace DIG_ISA {

template <typename T>
static inline void swiglu(const SwiGluArguments<T>& a, std::int64_t first, std::int64_t last) {
  for (std::int64_t token = first; token < last; ++token) {
    const T* row = a.packed + token * 2 * a.width;
    for_blocks(a.width, [&](std::int64_t start, int count) {
      float gate[kBlock] = {}, value[kBlock] = {};
      widen(row + start, count, gate);
      widen(row + a.width + start, count, value);
      for (int i = 0; i < kBlock; i += kLanes) {
        const Vec x = load(gate + i);
        store(value + i, x * sigmoid(x) * load(value + i));
      }
      narrow(value, count, a.output + token * a.width + start);
    });
  }
}

}  // namespace DIG_ISA
}  // namespace dig
