// The CPU kernels of SwiGLU.
#pragma once

#include "dig/cpu/instruction_set.h"
#include "dig/swiglu.h"

namespace dig {

CpuKernels<SwiGluArguments> swiglu_avx512();
CpuKernels<SwiGluArguments> swiglu_avx2();
CpuKernels<SwiGluArguments> swiglu_portable();

inline constexpr ByInstructionSet<CpuKernels<SwiGluArguments>> kSwiGluKernels = {
    swiglu_avx512, swiglu_avx2, swiglu_portable};

}  // namespace dig
