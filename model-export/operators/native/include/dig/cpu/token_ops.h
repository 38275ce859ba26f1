// The CPU kernels of the memory-bound operators, chosen for the processor that they run on.
#pragma once

#include <cstdint>

#include "dig/depthwise_conv.h"
#include "dig/half.h"
#include "dig/modulated_norm.h"
#include "dig/swiglu.h"

namespace dig {

/// The kernels in one instruction set; each computes the units [first, last) of its call.
template <typename T>
struct TokenKernels {
  /// Units are tokens, batch * length.
  void (*modulate)(const ModulationArguments<T>&, std::int64_t first, std::int64_t last);
  /// Units are tokens.
  void (*swiglu)(const SwiGluArguments<T>&, std::int64_t first, std::int64_t last);
  /// Units are rows of grids, batch * rows.
  void (*depthwise_conv)(const DepthwiseConvArguments<T>&, std::int64_t first, std::int64_t last);
};

struct TokenCpuKernels {
  const char* name;
  TokenKernels<float> for_float;
  TokenKernels<Half> for_half;
};

const TokenCpuKernels& token_avx512();
const TokenCpuKernels& token_avx2();
const TokenCpuKernels& token_portable();

/// The best instruction set that this processor and its operating system support.
const TokenCpuKernels& token_best();

}  // namespace dig
