// Tokens in 8 bits.
#pragma once

#include <cstdint>

#include "dig/half.h"

namespace dig {

/// The largest Float8.
constexpr float kFloat8Largest = 448;

/// The least number that a token's largest one counts as, so that a token of zeros has a scale too.
constexpr float kLeastLargest = 1e-9f;

/// One call of QuantizeTokens: for each token, with m the largest of |x| and kLeastLargest,
///
///   scale  = m / 448
///   output = x * (448 / m), rounded to the nearest, ties to even
struct QuantizationArguments {
  const Half* x;   ///< [tokens, width]
  Float8* output;  ///< like x
  float* scale;    ///< [tokens]
  std::int64_t tokens;
  std::int64_t width;
};

}  // namespace dig
