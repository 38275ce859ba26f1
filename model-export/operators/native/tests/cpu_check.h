// The frame of a check of CPU kernels that compute units of a call.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cases.h"
#include "dig/cpu/instruction_set.h"

namespace dig {

/// A tensor in T of exactly its size, so that AddressSanitizer notices an access beyond it.
template <typename T>
class HostCopy {
 public:
  HostCopy(const float* from, std::int64_t count) : present_(from != nullptr) {
    if (present_) convert(std::vector<float>(from, from + count), values_);
  }

  T* get() { return present_ ? values_.data() : nullptr; }

  void to(float* out) const {
    if (!present_) return;
    std::vector<float> wide;
    convert(values_, wide);
    std::copy(wide.begin(), wide.end(), out);
  }

 private:
  bool present_;
  std::vector<T> values_;
};

/// Runs a call in two parts.
template <typename Arguments>
void run_on_cpu(CpuKernel<Arguments> kernel, const Arguments& arguments) {
  const std::int64_t units = arguments.units();
  kernel(arguments, 0, units / 3);
  kernel(arguments, units / 3, units);
}

/// A check's exit status: calls check(kernel, cases) for the float and half kernels of every
/// instruction set that this processor has.
template <typename Kernels, typename Check>
int run_cpu_check(const ByInstructionSet<Kernels>& operator_kernels, const Check& check) {
  int failures = 0;
  for (const Kernels& kernels : operator_kernels.available()) {
    Cases floats(std::string(kernels.name) + " float", kFloatTolerance);
    check(kernels.for_float, floats);
    Cases halves(std::string(kernels.name) + " half", kHalfTolerance);
    check(kernels.for_half, halves);
    failures += floats.finish() + halves.finish();
  }
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace dig
