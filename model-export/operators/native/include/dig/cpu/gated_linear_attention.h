// The CPU kernels of GatedLinearAttention.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dig/cpu/instruction_set.h"
#include "dig/gated_linear_attention.h"

namespace dig {

template <typename T>
struct GlaCpuKernel {
  std::size_t (*scratch_floats)(int key_size, int value_size);
  /// Computes the recurrences [first, last) of batch * heads; scratch holds scratch_floats zeros.
  void (*run)(const GlaArguments<T>& arguments, std::int64_t first, std::int64_t last,
              float* scratch);
};

/// The kernels in one instruction set.
struct GlaCpuKernels {
  const char* name;  ///< of the instruction set
  GlaCpuKernel<float> for_float;
  GlaCpuKernel<Half> for_half;
};

GlaCpuKernels gated_linear_attention_avx512();
GlaCpuKernels gated_linear_attention_avx2();
GlaCpuKernels gated_linear_attention_portable();

inline constexpr ByInstructionSet<GlaCpuKernels> kGatedLinearAttentionKernels = {
    gated_linear_attention_avx512, gated_linear_attention_avx2, gated_linear_attention_portable};

}  // namespace dig
