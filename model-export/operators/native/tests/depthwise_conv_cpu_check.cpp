// The CPU kernels of DepthwiseConv, in every instruction set that this processor has, against the
// naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "cpu_check.h"
#include "depthwise_conv_cases.h"
#include "dig/cpu/depthwise_conv.h"

namespace {

using dig::DepthwiseConvArguments;

template <typename T>
void check(dig::CpuKernel<DepthwiseConvArguments<T>> kernel, dig::Cases& cases) {
  dig::depthwise_conv_cases(cases, [&](const DepthwiseConvArguments<float>& f) {
    dig::depthwise_conv_in<T, dig::HostCopy>(
        f, [&](const DepthwiseConvArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kDepthwiseConvKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
