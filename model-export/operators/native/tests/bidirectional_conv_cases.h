// The cases of BidirectionalConv, for CPU and CUDA kernels alike.
#pragma once

#include <string>
#include <vector>

#include "bidirectional_conv_naive.h"
#include "cases.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void bidirectional_conv_in(const BidirectionalConvArguments<float>& f, const Run& run) {
  const std::int64_t size = f.batch * f.length * f.inner;
  Copy<T> packed(f.packed, 2 * size), weight(f.weight, 2 * kConvTaps * f.inner),
      bias(f.bias, 2 * f.inner), forward(f.output[0], size), backward(f.output[1], size);
  run(BidirectionalConvArguments<T>{packed.get(),
                                    weight.get(),
                                    bias.get(),
                                    {forward.get(), backward.get()},
                                    f.batch,
                                    f.length,
                                    f.inner});
  forward.to(f.output[0]);
  backward.to(f.output[1]);
}

/// run(BidirectionalConvArguments<float>) writes the outputs, whatever type it computes in.
template <typename Run>
void bidirectional_conv_cases(Cases& cases, const Run& run) {
  for (const std::int64_t length : {1, 2, 3, 4, 15, 16, 17, 31, 32, 33, 66, 130}) {
    for (const std::int64_t inner : {1, 4, 10, 24, 96, 736}) {
      const std::int64_t batch = length % 3 + 1, size = batch * length * inner;
      const std::vector<float> packed = cases.draw(2 * size),
                               weight = cases.draw(2 * kConvTaps * inner),
                               bias = cases.draw(2 * inner);
      std::vector<float> forward(static_cast<std::size_t>(size)), backward(forward.size());
      const BidirectionalConvArguments<float> a = {
          packed.data(), weight.data(), bias.data(), {forward.data(), backward.data()},
          batch,         length,        inner};
      run(a);
      const std::string name = "[" + std::to_string(batch) + ", " + std::to_string(length) + ", " +
                               std::to_string(inner) + "]";
      cases.expect("forward " + name, forward, naive_bidirectional_conv(a, 0));
      cases.expect("backward " + name, backward, naive_bidirectional_conv(a, 1));
    }
  }
}

}  // namespace dig
