// The CPU kernels of AddRmsNorm.
#pragma once

#include "dig/add_rms_norm.h"
#include "dig/cpu/instruction_set.h"

namespace dig {

CpuKernels<AddRmsNormArguments> add_rms_norm_avx512();
CpuKernels<AddRmsNormArguments> add_rms_norm_avx2();
CpuKernels<AddRmsNormArguments> add_rms_norm_portable();

inline constexpr ByInstructionSet<CpuKernels<AddRmsNormArguments>> kAddRmsNormKernels = {
    add_rms_norm_avx512, add_rms_norm_avx2, add_rms_norm_portable};

}  // namespace dig
