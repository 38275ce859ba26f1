// The CPU kernels of AdaLayerNorm, GatedResidual and GatedAdaLayerNorm.
#pragma once

#include "dig/cpu/instruction_set.h"
#include "dig/modulated_norm.h"

namespace dig {

CpuKernels<ModulationArguments> modulated_norm_avx512();
CpuKernels<ModulationArguments> modulated_norm_avx2();
CpuKernels<ModulationArguments> modulated_norm_portable();

inline constexpr ByInstructionSet<CpuKernels<ModulationArguments>> kModulatedNormKernels = {
    modulated_norm_avx512, modulated_norm_avx2, modulated_norm_portable};

}  // namespace dig
