// A 16-bit IEEE 754 number as it lies in a tensor.
#pragma once

#include <cstdint>

namespace dig {

struct Half {
  std::uint16_t bits;
};

static_assert(sizeof(Half) == 2, "tensors of float16 are read in place");

}  // namespace dig
