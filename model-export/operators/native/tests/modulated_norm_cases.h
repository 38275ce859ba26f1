// The cases of the modulated norms, for CPU and CUDA kernels alike.
#pragma once

#include <string>
#include <vector>

#include "cases.h"
#include "modulated_norm_naive.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void modulated_norm_in(const ModulationArguments<float>& f, const Run& run) {
  const std::int64_t size = f.batch * f.length * f.width;
  Copy<T> x(f.x, size), y(f.y, size), rows(f.modulation, f.batch * f.rows * f.width),
      sum(f.sum, size), normed(f.normed, size);
  run(ModulationArguments<T>{x.get(), y.get(), rows.get(), sum.get(), normed.get(), f.batch,
                             f.length, f.width, f.rows, f.gate, f.shift, f.scale, f.epsilon});
  sum.to(f.sum);
  normed.to(f.normed);
}

template <typename Run>
void modulated_norm_case(Cases& cases, const Run& run, std::int64_t batch, std::int64_t length,
                         std::int64_t width) {
  constexpr std::int64_t kRows = 7;
  const std::vector<float> x = cases.draw(batch * length * width),
                           y = cases.draw(batch * length * width),
                           rows = cases.draw(batch * kRows * width);
  std::vector<float> sum(x.size()), normed(x.size());
  const std::string name = " of [" + std::to_string(batch) + ", " + std::to_string(length) + ", " +
                           std::to_string(width) + "]";
  ModulationArguments<float> a = {x.data(), y.data(), rows.data(), sum.data(), normed.data(),
                                  batch,    length,   width,       kRows,      3,
                                  6,        1,        1e-6f};
  run(a);
  cases.expect("sum" + name, sum, naive_sum(a));
  // One channel has no variance: only rounding is left.
  if (width > 1) cases.expect("normed sum" + name, normed, naive_normed(a));
  a.normed = nullptr;
  run(a);
  cases.expect("sum alone" + name, sum, naive_sum(a));
  a.y = nullptr;
  a.sum = nullptr;
  a.normed = normed.data();
  run(a);
  cases.expect("normed" + name, normed, naive_normed(a));
}

/// run(ModulationArguments<float>) writes the output tensors, whatever type it computes in.
template <typename Run>
void modulated_norm_cases(Cases& cases, const Run& run) {
  for (const std::int64_t width : {1, 7, 8, 64, 100, 384, 768, 1152, 1536, 2056}) {
    modulated_norm_case(cases, run, 3, 5, width);
  }
  modulated_norm_case(cases, run, 2, 1, 384);
  modulated_norm_case(cases, run, 1, 257, 1152);
}

}  // namespace dig
