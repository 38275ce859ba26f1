// The CUDA kernels of BidirectionalConv against the naive loops. Prints a line per failure; without
// a GPU it exits with 77, "skipped".

#include "bidirectional_conv_cases.h"
#include "cuda_check.h"
#include "dig/cuda/bidirectional_conv.h"

namespace {

using dig::BidirectionalConvArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::bidirectional_conv_cases(cases, [](const BidirectionalConvArguments<float>& f) {
    dig::bidirectional_conv_in<T, dig::DeviceCopy>(
        f, [](const BidirectionalConvArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
