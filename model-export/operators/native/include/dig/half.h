// The 16-bit numbers of tensors.
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

static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2, "tensors are read in place");

}  // namespace dig
