// The cases of AddRmsNorm, for CPU and CUDA kernels alike.
#pragma once

#include <string>
#include <vector>

#include "add_rms_norm_naive.h"
#include "cases.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void add_rms_norm_in(const AddRmsNormArguments<float>& f, const Run& run) {
  const std::int64_t size = f.tokens * f.width;
  Copy<float> residual(f.residual, size), sum(f.sum, size);
  Copy<T> x(f.x, size), weight(f.weight, f.width), normed(f.normed, size);
  run(AddRmsNormArguments<T>{residual.get(), x.get(), weight.get(), sum.get(), normed.get(),
                             f.tokens, f.width, f.epsilon});
  sum.to(f.sum);
  normed.to(f.normed);
}

/// run(AddRmsNormArguments<float>) writes the outputs, whatever type it computes in.
template <typename Run>
void add_rms_norm_cases(Cases& cases, const Run& run) {
  for (const std::int64_t width : {1, 4, 10, 48, 64, 368, 768, 1024, 1536, 2056, 2304}) {
    for (const std::int64_t tokens : {1, 5, 66}) {
      const std::vector<float> residual = cases.draw(tokens * width),
                               x = cases.draw(tokens * width), weight = cases.draw(width);
      std::vector<float> sum(residual.size()), normed(residual.size());
      const AddRmsNormArguments<float> a = {residual.data(), x.data(), weight.data(), sum.data(),
                                            normed.data(),   tokens,   width,         1e-5f};
      run(a);
      const NaiveAddRmsNorm expected(a);
      const std::string name = "[" + std::to_string(tokens) + ", " + std::to_string(width) + "]";
      cases.expect("sum " + name, sum, expected.sum);
      cases.expect("norm " + name, normed, expected.normed);
    }
  }
}

}  // namespace dig
