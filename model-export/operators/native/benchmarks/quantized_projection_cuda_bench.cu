// Rate of the projections of operands in 8 bits, and of the kernels that make these, at the models'
// shapes, with random numbers. Tensors rotate through more memory than the L2 cache holds. A time
// is the median over rounds of CUDA events around ten calls, divided by ten.

#include <cstdio>

#include "bench.h"
#include "dig/cuda/modulated_norm.h"
#include "dig/cuda/projection.h"
#include "dig/cuda/quantization.h"
#include "random_memory.cuh"

namespace {

using dig::Epilogue;
using dig::Float8;
using dig::Half;

/// Tensors of either type are random bytes that are numbers in both.
struct Memory {
  Half* tensors;
  const Float8* weights;
  float* scales;
};

void measure(const char* name, Epilogue epilogue, std::int64_t tokens, std::int64_t inner,
             std::int64_t columns, const Memory& memory, bool biased = false, bool blocks = false) {
  const std::int64_t sizes = tokens * (inner + 2 * columns);
  const double time = dig::median_microseconds(sizes, [&](std::int64_t at) {
    dig::ProjectionArguments<Half, Float8> a{};
    a.x = reinterpret_cast<const Float8*>(memory.tensors + at);
    a.weight = memory.weights;
    a.x_scale = memory.scales;
    a.weight_scale = memory.scales;
    a.scales = blocks ? dig::scale_blocks(inner) : 1;
    a.output = memory.tensors + at + tokens * inner;
    a.numbers = reinterpret_cast<Float8*>(a.output);
    a.scale = memory.scales;
    a.tokens = tokens;
    a.inner = inner;
    a.columns = columns;
    if (epilogue == Epilogue::kGated) {
      a.residual = memory.tensors + at + tokens * (inner + columns);
      a.modulation = memory.tensors;
      a.length = 256;
      a.rows = 6;
    }
    if (biased) a.bias = memory.tensors;
    dig::check(dig::quantized_projection_cuda(epilogue, a, nullptr), name);
  });
  const double operations = 2e-6 * static_cast<double>(tokens) * static_cast<double>(inner) *
                            static_cast<double>(columns);
  std::printf("| %s | %d | %d | %d | %.1f | %.0f |\n", name, static_cast<int>(tokens),
              static_cast<int>(inner), static_cast<int>(columns), time, operations / time);
}

void measure_tokens(std::int64_t tokens, std::int64_t width, const Memory& memory) {
  const std::int64_t size = tokens * width;
  const double time = dig::median_microseconds(2 * size, [&](std::int64_t at) {
    const dig::QuantizationArguments a = {memory.tensors + at,
                                          reinterpret_cast<Float8*>(memory.tensors + at + size),
                                          memory.scales, tokens, width};
    dig::check(dig::enqueue_cuda(a, nullptr), "QuantizeTokens");
  });
  std::printf("| QuantizeTokens | %d | %d | | %.1f | |\n", static_cast<int>(tokens),
              static_cast<int>(width), time);
}

void measure_norm(std::int64_t tokens, std::int64_t width, const Memory& memory, bool quantized) {
  const std::int64_t size = tokens * width;
  const double time = dig::median_microseconds(2 * size, [&](std::int64_t at) {
    dig::ModulationArguments<Half> a{};
    a.x = memory.tensors + at;
    a.modulation = memory.tensors;
    a.batch = tokens / 256;
    a.length = 256;
    a.width = width;
    a.rows = 6;
    a.scale = 1;
    a.epsilon = 1e-6f;
    if (quantized) {
      a.quantized = reinterpret_cast<Float8*>(memory.tensors + at + size);
      a.token_scale = memory.scales;
    } else {
      a.normed = memory.tensors + at + size;
    }
    dig::check(dig::enqueue_cuda(a, nullptr), "AdaLayerNorm");
  });
  std::printf("| %sAdaLayerNorm | %d | %d | | %.1f | |\n", quantized ? "Quantized" : "",
              static_cast<int>(tokens), static_cast<int>(width), time);
}

void measure_dig(std::int64_t tokens, std::int64_t width, std::int64_t packed, std::int64_t hidden,
                 const Memory& memory) {
  measure_norm(tokens, width, memory, false);
  measure_norm(tokens, width, memory, true);
  measure_tokens(tokens, width, memory);
  measure("QuantizedProjection", Epilogue::kNone, tokens, width, packed, memory);
  measure("QuantizedGatedProjection", Epilogue::kGated, tokens, width, width, memory);
  measure("QuantizedSwiGluProjection", Epilogue::kSwiGlu, tokens, width, 2 * hidden, memory);
  measure("QuantizedGatedProjection", Epilogue::kGated, tokens, hidden, width, memory, false, true);
}

void measure_dit(std::int64_t tokens, std::int64_t width, const Memory& memory) {
  const std::int64_t hidden = 4 * width;
  measure("QuantizedBiasProjection", Epilogue::kNone, tokens, width, 3 * width, memory, true);
  measure("QuantizedGatedBiasProjection", Epilogue::kGated, tokens, width, width, memory, true);
  measure("QuantizedGeluProjection", Epilogue::kGelu, tokens, width, hidden, memory, true);
  measure("QuantizedGatedBiasProjection", Epilogue::kGated, tokens, hidden, width, memory, true,
          true);
}

}  // namespace

int main() {
  const dig::DeviceBuffer<Float8> memory = dig::random_float8s(2 * dig::kRotatingElements);
  const dig::DeviceBuffer<Float8> weights = dig::random_float8s(1 << 24);
  const dig::DeviceBuffer<float> scales(std::vector<float>(1 << 21, 1e-4f));
  const Memory all = {reinterpret_cast<Half*>(memory.get()), weights.get(), scales.get()};
  std::printf(
      "| operator | tokens | inner | columns | us | TFLOP/s |\n"
      "| --- | --- | --- | --- | --- | --- |\n");
  for (const std::int64_t tokens : {8192, 32768}) measure_dig(tokens, 1152, 4032, 3072, all);
  measure_dit(8192, 1152, all);
  for (const std::int64_t tokens : {256, 8192}) measure_dig(tokens, 384, 1344, 1024, all);
  measure_dit(8192, 384, all);
  return 0;
}
