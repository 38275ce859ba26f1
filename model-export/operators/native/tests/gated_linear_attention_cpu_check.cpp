// The CPU kernels of gated linear attention, in every instruction set that this processor has,
// against the naive loop. Prints a line per failure; the exit status is 1 if there are any. Built
// with ASan and UBSan.

#include <cstdio>
#include <string>

#include "dig/cpu/gated_linear_attention.h"
#include "gated_linear_attention_naive.h"
#include "test_tensors.h"

namespace {

using dig::Case;
using dig::distance;
using dig::GlaArguments;
using dig::Tensors;

int failures = 0;

void fail(const std::string& what) {
  std::printf("FAILED %s\n", what.c_str());
  ++failures;
}

/// Buffers of exactly the tensor's size: AddressSanitizer notices an access beyond it.
template <typename T>
std::vector<float> run(const dig::GlaCpuKernel<T>& kernel, const Tensors& tensors) {
  const GlaArguments<float>& f = tensors.arguments;
  std::vector<T> packed, bias, weight;
  dig::convert(tensors.packed, packed);
  dig::convert(tensors.bias, bias);
  dig::convert(tensors.weight, weight);
  std::vector<T> output(static_cast<std::size_t>(f.batch * f.length * f.output_stride()));
  const GlaArguments<T> a = {packed.data(),
                             f.gate_bias ? bias.data() : nullptr,
                             f.norm_weight ? weight.data() : nullptr,
                             output.data(),
                             f.batch,
                             f.length,
                             f.row_stride,
                             f.heads,
                             f.key_size,
                             f.value_size,
                             f.order,
                             f.gate_normalizer,
                             f.epsilon};
  std::vector<float> scratch(kernel.scratch_floats(f.key_size, f.value_size));
  kernel.run(a, 0, f.batch * f.heads, scratch.data());
  std::vector<float> result;
  dig::convert(output, result);
  return result;
}

void compare(const dig::GlaCpuKernels& kernels, const Case& c) {
  const Tensors tensors(c);
  const std::vector<float> expected = dig::naive_gla<double>(tensors.arguments);
  const double as_float = distance(run(kernels.for_float, tensors), expected);
  if (!(as_float <= dig::kFloatTolerance)) {
    fail(std::string(kernels.name) + " float, " + c.name() + ": relative L2 " +
         std::to_string(as_float));
  }
  const double as_half = distance(run(kernels.for_half, tensors), expected);
  if (!(as_half <= dig::kHalfTolerance)) {
    fail(std::string(kernels.name) + " half, " + c.name() + ": relative L2 " +
         std::to_string(as_half));
  }
}

void matches_the_naive_loop(const dig::GlaCpuKernels& kernels) {
  for (const int length : {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130}) {
    compare(kernels, {1, 1, length, 2, 32, 64, 0, true, true, 1});
    compare(kernels, {2, length, 1, 1, 32, 64, 3, false, false, 1});
  }
  compare(kernels, {1, 20, 50, 1, 32, 64, 2, true, true, 1});
  for (int direction = 0; direction < 4; ++direction) {
    compare(kernels, {7, 3, 5, 3, 32, 64, direction, true, true, 1});
    compare(kernels, {1, 9, 4, 18, 32, 64, direction, true, false, 1});
  }
  for (const int size : {1, 2, 3, 7, 8, 17, 33, 100, 128}) {
    compare(kernels, {1, 5, 7, 2, size, 128 / size + 1, 1, true, true, 1});
    compare(kernels,
            {1, 5, 7, 2, 128 / size + 1 > 128 ? 128 : 128 / size + 1, size, 2, true, true, 1});
  }
}

void extreme_gates_neither_overflow_nor_lose_the_result(const dig::GlaCpuKernels& kernels) {
  for (const float scale : {0.0f, 1e-30f, 10.0f, 40.0f, 100.0f}) {
    compare(kernels, {1, 6, 40, 2, 32, 64, 0, false, false, scale});
  }
  for (const float gate : {-80.0f, 80.0f, -60000.0f, 60000.0f, -INFINITY, INFINITY}) {
    Tensors tensors({1, 6, 40, 1, 32, 64, 0, false, false, 1});
    tensors.set_gates(gate);
    const double error =
        distance(run(kernels.for_float, tensors), dig::naive_gla<double>(tensors.arguments));
    if (!(error <= dig::kFloatTolerance)) {
      fail("gates of " + std::to_string(gate) + ": relative L2 " + std::to_string(error));
    }
  }
}

/// A NaN in one input reaches exactly the outputs that it reaches in the recurrence.
void nan_stays_where_the_recurrence_puts_it(const dig::GlaCpuKernels& kernels) {
  const Case c = {2, 5, 9, 3, 32, 64, 1, false, true, 1};
  Tensors clean(c);
  const GlaArguments<float>& a = clean.arguments;
  const std::int64_t row = (a.length + 20) * a.row_stride;
  for (const std::int64_t column : {std::int64_t{40}, a.key_offset() + 33, a.value_offset() + 70,
                                    a.gate_offset() + 50, a.output_gate_offset() + 130}) {
    Tensors tensors(c);
    tensors.packed[static_cast<std::size_t>(row + column)] = NAN;
    const std::vector<float> expected = dig::naive_gla<float>(tensors.arguments);
    const std::vector<float> actual = run(kernels.for_half, tensors);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (std::isnan(expected[i]) != std::isnan(actual[i])) {
        fail("NaN in column " + std::to_string(column) + ": output " + std::to_string(i) + " is " +
             std::to_string(actual[i]) + ", should be " + std::to_string(expected[i]));
        break;
      }
    }
  }
}

}  // namespace

int main() {
  for (const dig::GlaCpuKernels& kernels : dig::kGatedLinearAttentionKernels.available()) {
    std::printf("%s\n", kernels.name);
    matches_the_naive_loop(kernels);
    extreme_gates_neither_overflow_nor_lose_the_result(kernels);
    nan_stays_where_the_recurrence_puts_it(kernels);
  }
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
