// The CPU kernels of SelectiveScan.
#pragma once

#include "dig/cpu/instruction_set.h"
#include "dig/selective_scan.h"

namespace dig {

CpuKernels<SelectiveScanArguments> selective_scan_avx512();
CpuKernels<SelectiveScanArguments> selective_scan_avx2();
CpuKernels<SelectiveScanArguments> selective_scan_portable();

inline constexpr ByInstructionSet<CpuKernels<SelectiveScanArguments>> kSelectiveScanKernels = {
    selective_scan_avx512, selective_scan_avx2, selective_scan_portable};

}  // namespace dig
