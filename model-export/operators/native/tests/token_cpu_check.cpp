// The CPU kernels of the memory-bound operators, in every instruction set that this processor has,
// against the naive loops. Prints a line a failure. Built with ASan and UBSan.

#include <algorithm>
#include <cstdio>

#include "dig/cpu/token_ops.h"
#include "token_cases.h"

namespace {

using dig::DepthwiseConvArguments;
using dig::ModulationArguments;
using dig::SwiGluArguments;

/// A tensor in T of exactly its size: AddressSanitizer sees a step beyond.
template <typename T>
class Copy {
 public:
  Copy(const float* from, std::int64_t count) : present_(from != nullptr) {
    if (present_) dig::convert(std::vector<float>(from, from + count), values_);
  }

  T* get() { return present_ ? values_.data() : nullptr; }

  void to(float* out) const {
    if (!present_) return;
    std::vector<float> wide;
    dig::convert(values_, wide);
    std::copy(wide.begin(), wide.end(), out);
  }

 private:
  bool present_;
  std::vector<T> values_;
};

template <typename T>
struct Cpu {
  const dig::TokenKernels<T>& kernels;

  void modulate(const ModulationArguments<float>& f) const {
    const std::int64_t size = f.batch * f.length * f.width;
    Copy<T> x(f.x, size), y(f.y, size), rows(f.modulation, f.batch * f.rows * f.width),
        sum(f.sum, size), normed(f.normed, size);
    const ModulationArguments<T> a = {x.get(), y.get(),  rows.get(), sum.get(), normed.get(),
                                      f.batch, f.length, f.width,    f.rows,    f.gate,
                                      f.shift, f.scale,  f.epsilon};
    const std::int64_t tokens = f.batch * f.length;
    kernels.modulate(a, 0, tokens / 3);
    kernels.modulate(a, tokens / 3, tokens);
    sum.to(f.sum);
    normed.to(f.normed);
  }

  void swiglu(const SwiGluArguments<float>& f) const {
    Copy<T> packed(f.packed, f.tokens * 2 * f.width), output(f.output, f.tokens * f.width);
    const SwiGluArguments<T> a = {packed.get(), output.get(), f.tokens, f.width};
    kernels.swiglu(a, 0, f.tokens / 3);
    kernels.swiglu(a, f.tokens / 3, f.tokens);
    output.to(f.output);
  }

  void depthwise_conv(const DepthwiseConvArguments<float>& f) const {
    const std::int64_t size = f.batch * f.rows * f.columns * f.channels;
    Copy<T> x(f.x, size), weight(f.weight, f.kernel_size * f.kernel_size * f.channels),
        bias(f.bias, f.channels), output(f.output, size);
    const DepthwiseConvArguments<T> a = {x.get(), weight.get(), bias.get(), output.get(), f.batch,
                                         f.rows,  f.columns,    f.channels, f.kernel_size};
    const std::int64_t units = f.batch * f.rows;
    kernels.depthwise_conv(a, 0, units / 3);
    kernels.depthwise_conv(a, units / 3, units);
    output.to(f.output);
  }
};

template <typename T>
int failures_of(const dig::TokenKernels<T>& kernels, double tolerance) {
  dig::TokenCases cases(tolerance);
  cases.run(Cpu<T>{kernels});
  for (const std::string& failure : cases.failures()) std::printf("FAILED %s\n", failure.c_str());
  std::printf("%d cases\n", cases.cases());
  return static_cast<int>(cases.failures().size());
}

}  // namespace

int main() {
  std::vector<const dig::TokenCpuKernels*> available = {&dig::token_portable()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    available.push_back(&dig::token_avx2());
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
    available.push_back(&dig::token_avx512());
  }
#endif
  int failures = 0;
  for (const dig::TokenCpuKernels* kernels : available) {
    std::printf("%s\n", kernels->name);
    failures += failures_of(kernels->for_float, dig::kFloatTolerance);
    failures += failures_of(kernels->for_half, dig::kHalfTolerance);
  }
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
