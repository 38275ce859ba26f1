// The instruction sets that CPU kernels are compiled for.
#pragma once

#include <cstdint>
#include <vector>

#include "dig/half.h"

namespace dig {

/// Whether this processor and its operating system support an instruction set.
bool has_avx512();
bool has_avx2();

/// Computes the units [first, last) of a call; arguments.units() has their number.
template <typename Arguments>
using CpuKernel = void (*)(const Arguments& arguments, std::int64_t first, std::int64_t last);

/// The kernels of an operator in one instruction set.
template <template <typename> class Arguments>
struct CpuKernels {
  const char* name;  ///< of the instruction set
  CpuKernel<Arguments<float>> for_float;
  CpuKernel<Arguments<Half>> for_half;
};

/// An operator's kernels in each instruction set.
template <typename Kernels>
struct ByInstructionSet {
  Kernels (*avx512)();
  Kernels (*avx2)();
  Kernels (*portable)();

  /// The kernels that suit this processor best.
  Kernels best() const { return has_avx512() ? avx512() : has_avx2() ? avx2() : portable(); }

  /// All kernels that this processor can run.
  std::vector<Kernels> available() const {
    std::vector<Kernels> all{portable()};
    if (has_avx2()) all.push_back(avx2());
    if (has_avx512()) all.push_back(avx512());
    return all;
  }
};

}  // namespace dig
