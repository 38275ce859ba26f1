// QuantizeTokens against the definition, and QuantizedAdaLayerNorm against QuantizeTokens of
// AdaLayerNorm, bit for bit. Prints a line per failure; without a GPU it exits with 77, "skipped".

#include <cstdio>

#include "cuda_check.h"
#include "dig/cuda/modulated_norm.h"
#include "dig/cuda/quantization.h"
#include "float8.h"

namespace {

using dig::DeviceBuffer;
using dig::Float8;
using dig::Half;

struct Quantized {
  std::vector<Float8> numbers;
  std::vector<float> scales;
};

Quantized quantize(const DeviceBuffer<Half>& x, std::int64_t tokens, std::int64_t width) {
  const DeviceBuffer<Float8> numbers(static_cast<std::size_t>(tokens * width));
  const DeviceBuffer<float> scales(static_cast<std::size_t>(tokens));
  dig::run_on_cuda(dig::QuantizationArguments{x.get(), numbers.get(), scales.get(), tokens, width});
  return {numbers.to_host(), scales.to_host()};
}

/// Elements and scales that differ.
std::size_t differences(const Quantized& found, const Quantized& expected) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < expected.numbers.size(); ++i) {
    count += found.numbers[i].bits != expected.numbers[i].bits;
  }
  for (std::size_t i = 0; i < expected.scales.size(); ++i) {
    count += !(found.scales[i] == expected.scales[i]);
  }
  return count;
}

Quantized expected_of(const std::vector<float>& x, std::int64_t tokens, std::int64_t width) {
  Quantized expected;
  for (std::int64_t token = 0; token < tokens; ++token) {
    float most = dig::kLeastLargest;
    for (std::int64_t i = 0; i < width; ++i) {
      most = std::fmax(most, std::fabs(x[static_cast<std::size_t>(token * width + i)]));
    }
    for (std::int64_t i = 0; i < width; ++i) {
      expected.numbers.push_back(
          dig::nearest(x[static_cast<std::size_t>(token * width + i)] * (448 / most)));
    }
    expected.scales.push_back(most / 448);
  }
  return expected;
}

int report(const char* name, std::int64_t tokens, std::int64_t width, std::size_t count) {
  if (count == 0) return 0;
  std::printf("FAILED %s of [%d, %d]: %zu numbers differ\n", name, static_cast<int>(tokens),
              static_cast<int>(width), count);
  return 1;
}

int tokens_case(dig::Cases& cases, std::int64_t tokens, std::int64_t width) {
  std::vector<float> x = cases.draw(tokens * width);
  for (std::int64_t i = 0; i < width; ++i) x[static_cast<std::size_t>(i)] = 0;  // a token of zeros
  x.back() = 65504;
  std::vector<Half> halves;
  dig::convert(x, halves);
  return report("QuantizeTokens", tokens, width,
                differences(quantize(DeviceBuffer<Half>(halves), tokens, width),
                            expected_of(x, tokens, width)));
}

int norm_case(dig::Cases& cases, std::int64_t batch, std::int64_t length, std::int64_t width) {
  const std::int64_t tokens = batch * length, size = tokens * width;
  std::vector<Half> x, rows;
  dig::convert(cases.draw(size), x);
  dig::convert(cases.draw(batch * 3 * width), rows);
  const DeviceBuffer<Half> on_device(x), modulation(rows), normed(x.size());
  const DeviceBuffer<Float8> numbers(x.size());
  const DeviceBuffer<float> scales(static_cast<std::size_t>(tokens));
  dig::ModulationArguments<Half> a{};
  a.x = on_device.get();
  a.modulation = modulation.get();
  a.normed = normed.get();
  a.batch = batch;
  a.length = length;
  a.width = width;
  a.rows = 3;
  a.shift = 2;
  a.scale = 1;
  a.epsilon = 1e-6f;
  dig::run_on_cuda(a);
  a.normed = nullptr;
  a.quantized = numbers.get();
  a.token_scale = scales.get();
  dig::run_on_cuda(a);
  return report(
      "QuantizedAdaLayerNorm", tokens, width,
      differences({numbers.to_host(), scales.to_host()}, quantize(normed, tokens, width)));
}

}  // namespace

int main() {
  return dig::run_check([] {
    dig::Cases cases("numbers", 0);
    int failures = 0;
    for (const std::int64_t width : {1, 7, 8, 64, 100, 384, 512, 768, 1000, 1024, 1152, 1536, 2048,
                                     2056, 3072, 4608, 5120, 5136}) {
      failures += tokens_case(cases, 13, width);
      failures += norm_case(cases, 3, 5, width);
    }
    return failures;
  });
}
