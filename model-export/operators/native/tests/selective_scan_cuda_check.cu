// The CUDA kernels of SelectiveScan against the naive loops. Prints a line per failure; without a
// GPU it exits with 77, "skipped".

#include "cuda_check.h"
#include "dig/cuda/selective_scan.h"
#include "selective_scan_cases.h"

namespace {

using dig::SelectiveScanArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::selective_scan_cases(cases, [](const SelectiveScanArguments<float>& f) {
    dig::selective_scan_in<T, dig::DeviceCopy>(
        f, [](const SelectiveScanArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
