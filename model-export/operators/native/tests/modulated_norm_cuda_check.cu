// The CUDA kernels of the modulated norms against the naive loops. Prints a line per failure;
// without a GPU it exits with 77, "skipped".

#include "cuda_check.h"
#include "dig/cuda/modulated_norm.h"
#include "modulated_norm_cases.h"

namespace {

using dig::ModulationArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::modulated_norm_cases(cases, [](const ModulationArguments<float>& f) {
    dig::modulated_norm_in<T, dig::DeviceCopy>(
        f, [](const ModulationArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
