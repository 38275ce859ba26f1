// The CPU kernels of the modulated norms, in every instruction set that this processor has, against
// the naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "cpu_check.h"
#include "dig/cpu/modulated_norm.h"
#include "modulated_norm_cases.h"

namespace {

using dig::ModulationArguments;

template <typename T>
void check(dig::CpuKernel<ModulationArguments<T>> kernel, dig::Cases& cases) {
  dig::modulated_norm_cases(cases, [&](const ModulationArguments<float>& f) {
    dig::modulated_norm_in<T, dig::HostCopy>(
        f, [&](const ModulationArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kModulatedNormKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
