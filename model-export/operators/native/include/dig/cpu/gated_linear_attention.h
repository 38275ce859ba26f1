// Chooses the CPU kernel for the processor it runs on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dig/gated_linear_attention.h"
#include "dig/half.h"

namespace dig {

/// The kernel in one instruction set.
template <typename T>
struct GlaCpuKernel {
  const char* name;
  std::size_t (*scratch_floats)(int key_size, int value_size);
  /// Computes the recurrences [first, last) of batch * heads; scratch holds scratch_floats zeros.
  void (*run)(const GlaArguments<T>& arguments, std::int64_t first, std::int64_t last,
              float* scratch);
};

/// Kernels compiled in, best first; the last one runs on any processor.
struct GlaCpuKernels {
  const GlaCpuKernel<float>* for_float;
  const GlaCpuKernel<Half>* for_half;
};

GlaCpuKernels gla_avx512();
GlaCpuKernels gla_avx2();
GlaCpuKernels gla_portable();

/// The best instruction set that this processor and its operating system support.
GlaCpuKernels gla_best();

}  // namespace dig
