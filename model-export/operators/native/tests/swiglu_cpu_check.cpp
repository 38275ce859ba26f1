// The CPU kernels of SwiGLU, in every instruction set that this processor has, against the
// naive loops. Prints a line per failure. Built with ASan and UBSan.

#include "cpu_check.h"
#include "dig/cpu/swiglu.h"
#include "swiglu_cases.h"

namespace {

using dig::SwiGluArguments;

template <typename T>
void check(dig::CpuKernel<SwiGluArguments<T>> kernel, dig::Cases& cases) {
  dig::swiglu_cases(cases, [&](const SwiGluArguments<float>& f) {
    dig::swiglu_in<T, dig::HostCopy>(
        f, [&](const SwiGluArguments<T>& a) { dig::run_on_cpu(kernel, a); });
  });
}

}  // namespace

int main() {
  return dig::run_cpu_check(dig::kSwiGluKernels,
                            [](auto kernel, dig::Cases& cases) { check(kernel, cases); });
}
