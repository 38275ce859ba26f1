// Rate of the projections' CUDA kernels in fp16 at the models' shapes, with random numbers: zeros
// take less power and run faster. Tensors rotate through more memory than the L2 cache holds. A
// time is the median over rounds of CUDA events around ten calls, divided by ten.

#include <cstdio>

#include "bench.h"
#include "dig/cuda/projection.h"
#include "random_memory.cuh"

namespace {

using dig::Epilogue;
using dig::Half;

void measure(const char* name, Epilogue epilogue, std::int64_t tokens, std::int64_t inner,
             std::int64_t columns, Half* memory, const Half* weights, bool biased = false) {
  const std::int64_t sizes = tokens * (inner + 2 * columns);
  const double time = dig::median_microseconds(sizes, [&](std::int64_t at) {
    dig::ProjectionArguments<Half> a{};
    a.x = memory + at;
    a.weight = weights;
    a.output = memory + at + tokens * inner;
    a.tokens = tokens;
    a.inner = inner;
    a.columns = columns;
    if (epilogue == Epilogue::kGated) {
      a.residual = memory + at + tokens * (inner + columns);
      a.modulation = weights;
      a.length = 256;
      a.rows = 6;
    }
    if (biased) a.bias = weights;
    dig::check(dig::projection_cuda(epilogue, a, nullptr), "projection_cuda");
  });
  const double operations = 2e-6 * static_cast<double>(tokens) * static_cast<double>(inner) *
                            static_cast<double>(columns);
  std::printf("| %s | %d | %d | %d | %.1f | %.0f |\n", name, static_cast<int>(tokens),
              static_cast<int>(inner), static_cast<int>(columns), time, operations / time);
}

/// The four products of a DiT block.
void measure_dit(std::int64_t tokens, std::int64_t width, Half* memory, const Half* weights) {
  const std::int64_t hidden = 4 * width;
  measure("BiasProjection", Epilogue::kNone, tokens, width, 3 * width, memory, weights, true);
  measure("GatedBiasProjection", Epilogue::kGated, tokens, width, width, memory, weights, true);
  measure("GeluProjection", Epilogue::kGelu, tokens, width, hidden, memory, weights, true);
  measure("GatedBiasProjection", Epilogue::kGated, tokens, hidden, width, memory, weights, true);
}

}  // namespace

int main() {
  const dig::DeviceBuffer<Half> memory = dig::random_halves(dig::kRotatingElements);
  const dig::DeviceBuffer<Half> weights = dig::random_halves(1 << 24);
  std::printf(
      "| operator | tokens | inner | columns | us | TFLOP/s |\n| --- | --- | --- | --- | --- | --- "
      "|\n");
  for (const std::int64_t tokens : {8192, 16384, 32768}) {
    measure("Projection", Epilogue::kNone, tokens, 1152, 4032, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 1152, 1152, memory.get(), weights.get());
    measure("SwiGluProjection", Epilogue::kSwiGlu, tokens, 1152, 6144, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 3072, 1152, memory.get(), weights.get());
  }
  for (const std::int64_t tokens : {8192, 16384, 32768}) {
    measure_dit(tokens, 1152, memory.get(), weights.get());
  }
  for (const std::int64_t tokens : {256, 2048, 8192}) {
    measure_dit(tokens, 384, memory.get(), weights.get());
    measure("Projection", Epilogue::kNone, tokens, 384, 1344, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 384, 384, memory.get(), weights.get());
    measure("SwiGluProjection", Epilogue::kSwiGlu, tokens, 384, 2048, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 1024, 384, memory.get(), weights.get());
  }
  return 0;
}
