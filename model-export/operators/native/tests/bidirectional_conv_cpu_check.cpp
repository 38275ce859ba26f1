// The CPU kernels of BidirectionalConv, in every instruction set that this processor has, against
// the naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "bidirectional_conv_cases.h"
#include "cpu_check.h"
#include "dig/cpu/bidirectional_conv.h"

namespace {

using dig::BidirectionalConvArguments;

template <typename T>
void check(dig::CpuKernel<BidirectionalConvArguments<T>> kernel, dig::Cases& cases) {
  dig::bidirectional_conv_cases(cases, [&](const BidirectionalConvArguments<float>& f) {
    dig::bidirectional_conv_in<T, dig::HostCopy>(
        f, [&](const BidirectionalConvArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kBidirectionalConvKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
