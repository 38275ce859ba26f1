// Rows are processed in blocks of channels, which stay in the first-level cache, widened to floats.
#pragma once

#include <cstdint>

#include "dig/cpu/simd.h"

namespace dig {
namespace DIG_ISA {

constexpr int kBlock = 64;  ///< channels; a multiple of every vector's length

/// Calls body(start, count) for each block of `width` channels.
template <typename Body>
static inline void for_blocks(std::int64_t width, Body body) {
  for (std::int64_t start = 0; start < width; start += kBlock) {
    body(start, static_cast<int>(width - start < kBlock ? width - start : kBlock));
  }
}

}  // namespace DIG_ISA
}  // namespace dig
