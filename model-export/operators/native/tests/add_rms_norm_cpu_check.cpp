// The CPU kernels of AddRmsNorm, in every instruction set that this processor has, against the
// naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "add_rms_norm_cases.h"
#include "cpu_check.h"
#include "dig/cpu/add_rms_norm.h"

namespace {

using dig::AddRmsNormArguments;

template <typename T>
void check(dig::CpuKernel<AddRmsNormArguments<T>> kernel, dig::Cases& cases) {
  dig::add_rms_norm_cases(cases, [&](const AddRmsNormArguments<float>& f) {
    dig::add_rms_norm_in<T, dig::HostCopy>(
        f, [&](const AddRmsNormArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kAddRmsNormKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
