// The CPU kernels of DepthwiseConv.
#pragma once

#include "dig/cpu/instruction_set.h"
#include "dig/depthwise_conv.h"

namespace dig {

CpuKernels<DepthwiseConvArguments> depthwise_conv_avx512();
CpuKernels<DepthwiseConvArguments> depthwise_conv_avx2();
CpuKernels<DepthwiseConvArguments> depthwise_conv_portable();

inline constexpr ByInstructionSet<CpuKernels<DepthwiseConvArguments>> kDepthwiseConvKernels = {
    depthwise_conv_avx512, depthwise_conv_avx2, depthwise_conv_portable};

}  // namespace dig
