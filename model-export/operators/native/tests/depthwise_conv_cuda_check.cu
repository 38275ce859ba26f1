// The CUDA kernels of DepthwiseConv against the naive loops. Prints a line per failure; without a
// GPU it exits with 77, "skipped".

#include "cuda_check.h"
#include "depthwise_conv_cases.h"
#include "dig/cuda/depthwise_conv.h"

namespace {

using dig::DepthwiseConvArguments;

template <typename T>
void check(T, dig::Cases& cases) {
  dig::depthwise_conv_cases(cases, [](const DepthwiseConvArguments<float>& f) {
    dig::depthwise_conv_in<T, dig::DeviceCopy>(
        f, [](const DepthwiseConvArguments<T>& a) { dig::run_on_cuda(a); });
  });
}

}  // namespace

int main() {
  return dig::run_check(
      [] { return dig::for_each_type([](auto type, dig::Cases& cases) { check(type, cases); }); });
}
