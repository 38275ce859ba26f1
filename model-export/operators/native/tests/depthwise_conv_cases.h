// The cases of DepthwiseConv, for CPU and CUDA kernels alike.
#pragma once

#include <string>
#include <vector>

#include "cases.h"
#include "depthwise_conv_naive.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void depthwise_conv_in(const DepthwiseConvArguments<float>& f, const Run& run) {
  const std::int64_t size = f.batch * f.rows * f.columns * f.channels;
  Copy<T> x(f.x, size), weight(f.weight, f.kernel_size * f.kernel_size * f.channels),
      bias(f.bias, f.channels), output(f.output, size);
  run(DepthwiseConvArguments<T>{x.get(), weight.get(), bias.get(), output.get(), f.batch, f.rows,
                                f.columns, f.channels, f.kernel_size});
  output.to(f.output);
}

template <typename Run>
void depthwise_conv_case(Cases& cases, const Run& run, std::int64_t batch, std::int64_t rows,
                         std::int64_t columns, std::int64_t channels, int kernel) {
  const std::vector<float> x = cases.draw(batch * rows * columns * channels),
                           weight = cases.draw(kernel * kernel * channels),
                           bias = cases.draw(channels);
  std::vector<float> output(x.size());
  const DepthwiseConvArguments<float> a = {
      x.data(), weight.data(), bias.data(), output.data(), batch, rows, columns, channels, kernel};
  run(a);
  cases.expect("convolution " + std::to_string(kernel) + " of [" + std::to_string(batch) + ", " +
                   std::to_string(rows) + ", " + std::to_string(columns) + ", " +
                   std::to_string(channels) + "]",
               output, naive_depthwise_conv(a));
}

/// run(DepthwiseConvArguments<float>) writes the output tensors, whatever type it computes in.
template <typename Run>
void depthwise_conv_cases(Cases& cases, const Run& run) {
  for (const std::int64_t channels : {1, 4, 10, 64, 96, 384}) {
    for (const int kernel : {1, 3, 5}) {
      depthwise_conv_case(cases, run, 2, 7, 5, channels, kernel);
    }
    depthwise_conv_case(cases, run, 1, 1, 1, channels, 3);
    depthwise_conv_case(cases, run, 1, 1, 40, channels, 3);
    depthwise_conv_case(cases, run, 1, 33, 2, channels, 3);
  }
  depthwise_conv_case(cases, run, 3, 16, 18, 384, 3);
  // Enough tiles of 16 x 16 tokens and 64 channels for the kernel that has them.
  depthwise_conv_case(cases, run, 12, 16, 18, 384, 3);
  depthwise_conv_case(cases, run, 70, 20, 3, 72, 3);
  depthwise_conv_case(cases, run, 40, 33, 16, 8, 3);
}

}  // namespace dig
