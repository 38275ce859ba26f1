// Numbers in 8 bits on the host, from the definition of e4m3fn.
#pragma once

#include <cmath>
#include <cstdint>

#include "dig/half.h"

namespace dig {

inline float widened(Float8 x) {
  const int exponent = x.bits >> 3 & 15, mantissa = x.bits & 7;
  if (exponent == 15 && mantissa == 7) return NAN;
  const float size = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                   : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
  return x.bits & 0x80 ? -size : size;
}

/// The nearest number, of two that are equally near the one with an even mantissa; at most 448.
inline Float8 nearest(float x) {
  std::uint8_t best = 0;
  for (int bits = 1; bits < 0x7f; ++bits) {
    const auto candidate = static_cast<std::uint8_t>(bits);
    const double there = std::fabs(std::fabs(double{x}) - widened(Float8{candidate}));
    const double here = std::fabs(std::fabs(double{x}) - widened(Float8{best}));
    if (there < here || (there == here && candidate % 2 == 0)) best = candidate;
  }
  return Float8{static_cast<std::uint8_t>(best | (std::signbit(x) ? 0x80 : 0))};
}

}  // namespace dig
