// The numbers of tensors that C++ has no type for.
#pragma once

#include <cstdint>

namespace dig {

/// IEEE 754 binary16.
struct Half {
  std::uint16_t bits;
};

/// The upper half of an IEEE 754 binary32.
struct BFloat16 {
  std::uint16_t bits;
};

/// e4m3fn: a sign, four bits of exponent and three of mantissa, no infinity, 448 at most.
struct Float8 {
  std::uint8_t bits;
};

static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2 && sizeof(Float8) == 1,
              "tensors are read in place");

}  // namespace dig
