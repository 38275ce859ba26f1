// The CPU kernels of SelectiveScan, in every instruction set that this processor has, against the
// naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "cpu_check.h"
#include "dig/cpu/selective_scan.h"
#include "selective_scan_cases.h"

namespace {

using dig::SelectiveScanArguments;

template <typename T>
void check(dig::CpuKernel<SelectiveScanArguments<T>> kernel, dig::Cases& cases) {
  dig::selective_scan_cases(cases, [&](const SelectiveScanArguments<float>& f) {
    dig::selective_scan_in<T, dig::HostCopy>(
        f, [&](const SelectiveScanArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kSelectiveScanKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
