// The CUDA kernels of SwiGLU against the naive loops. Prints a line per failure; without a GPU
// it exits with 77, "skipped".

#include "cuda_check.h"
#include "dig/cuda/swiglu.h"
#include "swiglu_cases.h"

namespace {

using dig::SwiGluArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::swiglu_cases(cases, [](const SwiGluArguments<float>& f) {
    dig::swiglu_in<T, dig::DeviceCopy>(f, [](const SwiGluArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
