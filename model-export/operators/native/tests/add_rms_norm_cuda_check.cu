// The CUDA kernels of AddRmsNorm against the naive loops. Prints a line per failure; without a
// GPU it exits with 77, "skipped".

#include "add_rms_norm_cases.h"
#include "cuda_check.h"
#include "dig/cuda/add_rms_norm.h"

namespace {

using dig::AddRmsNormArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::add_rms_norm_cases(cases, [](const AddRmsNormArguments<float>& f) {
    dig::add_rms_norm_in<T, dig::DeviceCopy>(
        f, [](const AddRmsNormArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
