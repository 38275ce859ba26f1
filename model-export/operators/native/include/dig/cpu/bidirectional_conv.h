// The CPU kernels of BidirectionalConv.
#pragma once

#include "dig/bidirectional_conv.h"
#include "dig/cpu/instruction_set.h"

namespace dig {

CpuKernels<BidirectionalConvArguments> bidirectional_conv_avx512();
CpuKernels<BidirectionalConvArguments> bidirectional_conv_avx2();
CpuKernels<BidirectionalConvArguments> bidirectional_conv_portable();

inline constexpr ByInstructionSet<CpuKernels<BidirectionalConvArguments>>
    kBidirectionalConvKernels = {bidirectional_conv_avx512, bidirectional_conv_avx2,
                                 bidirectional_conv_portable};

}  // namespace dig
