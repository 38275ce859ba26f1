// The cases of SwiGLU, for CPU and CUDA kernels alike.
#pragma once

#include <string>
#include <vector>

#include "cases.h"
#include "swiglu_naive.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void swiglu_in(const SwiGluArguments<float>& f, const Run& run) {
  Copy<T> packed(f.packed, f.tokens * 2 * f.width), output(f.output, f.tokens * f.width);
  run(SwiGluArguments<T>{packed.get(), output.get(), f.tokens, f.width});
  output.to(f.output);
}

template <typename Run>
void swiglu_case(Cases& cases, const Run& run, std::int64_t tokens, std::int64_t width) {
  std::vector<float> packed = cases.draw(tokens * 2 * width);
  packed[0] = 120;  // neither e^120 nor e^-120 is a float
  packed[static_cast<std::size_t>(2 * width)] = -120;
  std::vector<float> output(static_cast<std::size_t>(tokens * width));
  const SwiGluArguments<float> a = {packed.data(), output.data(), tokens, width};
  run(a);
  cases.expect("swiglu of [" + std::to_string(tokens) + ", " + std::to_string(width) + "]", output,
               naive_swiglu(a));
}

/// run(SwiGluArguments<float>) writes the output tensors, whatever type it computes in.
template <typename Run>
void swiglu_cases(Cases& cases, const Run& run) {
  for (const std::int64_t width : {1, 7, 8, 64, 100, 384, 768, 1152, 1536, 2056}) {
    swiglu_case(cases, run, 13, width);
  }
}

}  // namespace dig
