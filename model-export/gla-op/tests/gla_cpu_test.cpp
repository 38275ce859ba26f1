// The CPU kernels of every instruction set that this processor has, against the naive loop.
// Prints a line a failure and returns their number's sign. Built with ASan and UBSan.

#include <cstdio>
#include <cstring>
#include <random>
#include <string>

#include "dig/cpu/gated_linear_attention.h"
#include "naive_gla.h"

namespace {

using dig::GlaArguments;
using dig::Half;

constexpr double kToleranceFloat = 1e-5;  // relative L2
constexpr double kToleranceHalf = 2e-3;

int failures = 0;

void fail(const std::string& what) {
  std::printf("FAILED %s\n", what.c_str());
  ++failures;
}

struct Case {
  std::int64_t batch, rows, columns;
  int heads, key_size, value_size, direction;
  bool bias, norm;
  float gate_scale;

  std::string name() const {
    return "B=" + std::to_string(batch) + " grid " + std::to_string(rows) + "x" +
           std::to_string(columns) + " H=" + std::to_string(heads) +
           " K=" + std::to_string(key_size) + " V=" + std::to_string(value_size) + " direction " +
           std::to_string(direction) + (bias ? " bias" : "") + (norm ? " norm" : "") + " gates x" +
           std::to_string(gate_scale);
  }
};

/// The tensors of one case, exact in half precision too.
struct Tensors {
  std::vector<float> packed, bias, weight;
  GlaArguments<float> arguments;

  explicit Tensors(const Case& c, unsigned seed = 7) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    // Eleven bits of mantissa or fewer: the same number as float and as half.
    const auto draw = [&](float scale) {
      return std::round(normal(random) * 256.0f) / 256.0f * scale;
    };
    GlaArguments<float>& a = arguments;
    a = {};
    a.batch = c.batch;
    a.length = c.rows * c.columns;
    a.heads = c.heads;
    a.key_size = c.key_size;
    a.value_size = c.value_size;
    a.order = {c.rows, c.columns, c.direction};
    a.gate_normalizer = 16;
    a.epsilon = 1e-6f;
    a.row_stride = 3 * a.key_offset() + (c.norm ? 2 : 1) * a.output_stride();
    packed.resize(static_cast<std::size_t>(a.batch * a.length * a.row_stride));
    for (std::size_t i = 0; i < packed.size(); ++i) {
      const std::int64_t column = static_cast<std::int64_t>(i) % a.row_stride;
      const bool gate = column >= a.gate_offset() && column < a.output_gate_offset();
      packed[i] = draw(gate ? c.gate_scale : 1.0f);
    }
    if (c.bias) {
      for (std::int64_t i = 0; i < a.key_offset(); ++i) bias.push_back(draw(1));
    }
    if (c.norm) {
      for (int i = 0; i < a.value_size; ++i) weight.push_back(draw(1));
    }
    a.packed = packed.data();
    a.gate_bias = c.bias ? bias.data() : nullptr;
    a.norm_weight = c.norm ? weight.data() : nullptr;
  }
};

/// Buffers of exactly the tensor's size: AddressSanitizer sees a step beyond.
template <typename T>
std::vector<float> run(const dig::GlaCpuKernel<T>& kernel, const Tensors& tensors);

void convert(const std::vector<float>& from, std::vector<float>& to) { to = from; }

void convert(const std::vector<float>& from, std::vector<Half>& to) {
  to.clear();
  for (const float x : from) {
    // Exact by the construction of Tensors; NaN and infinity included.
    const _Float16 h = static_cast<_Float16>(x);
    Half bits;
    std::memcpy(&bits, &h, sizeof bits);
    to.push_back(bits);
  }
}

void convert(const std::vector<Half>& from, std::vector<float>& to) {
  to.clear();
  for (const Half x : from) {
    _Float16 h;
    std::memcpy(&h, &x, sizeof h);
    to.push_back(static_cast<float>(h));
  }
}

template <typename T>
std::vector<float> run(const dig::GlaCpuKernel<T>& kernel, const Tensors& tensors) {
  const GlaArguments<float>& f = tensors.arguments;
  std::vector<T> packed, bias, weight;
  convert(tensors.packed, packed);
  convert(tensors.bias, bias);
  convert(tensors.weight, weight);
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
  convert(output, result);
  return result;
}

/// |a - b| / |b|, infinite where only one of them is finite.
double distance(const std::vector<float>& actual, const std::vector<float>& expected) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(actual[i]) || std::isnan(expected[i])) return INFINITY;
    difference += std::pow(double(actual[i]) - double(expected[i]), 2);
    norm += std::pow(double(expected[i]), 2);
  }
  return norm == 0 ? std::sqrt(difference) : std::sqrt(difference / norm);
}

void compare(const dig::GlaCpuKernels& kernels, const Case& c) {
  const Tensors tensors(c);
  const std::vector<float> expected = dig::naive_gla<double>(tensors.arguments);
  const double as_float = distance(run(*kernels.for_float, tensors), expected);
  if (!(as_float <= kToleranceFloat)) {
    fail(std::string(kernels.for_float->name) + " float, " + c.name() + ": relative L2 " +
         std::to_string(as_float));
  }
  const double as_half = distance(run(*kernels.for_half, tensors), expected);
  if (!(as_half <= kToleranceHalf)) {
    fail(std::string(kernels.for_half->name) + " half, " + c.name() + ": relative L2 " +
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
    const GlaArguments<float>& a = tensors.arguments;
    for (std::size_t i = 0; i < tensors.packed.size(); ++i) {
      if (static_cast<std::int64_t>(i) % a.row_stride >= a.gate_offset()) tensors.packed[i] = gate;
    }
    const double error =
        distance(run(*kernels.for_float, tensors), dig::naive_gla<double>(tensors.arguments));
    if (!(error <= kToleranceFloat)) {
      fail("gates of " + std::to_string(gate) + ": relative L2 " + std::to_string(error));
    }
  }
}

/// NaN in one input makes exactly those outputs NaN that the recurrence makes NaN.
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
    const std::vector<float> actual = run(*kernels.for_half, tensors);
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
  std::vector<dig::GlaCpuKernels> available = {dig::gla_portable()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    available.push_back(dig::gla_avx2());
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
    available.push_back(dig::gla_avx512());
  }
#endif
  for (const dig::GlaCpuKernels& kernels : available) {
    std::printf("%s\n", kernels.for_float->name);
    matches_the_naive_loop(kernels);
    extreme_gates_neither_overflow_nor_lose_the_result(kernels);
    nan_stays_where_the_recurrence_puts_it(kernels);
  }
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
