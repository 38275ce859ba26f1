// Time of the CUDA kernels of the modulated norms for the models' shapes in fp16.

#include "bench.h"
#include "dig/cuda/modulated_norm.h"

namespace {

using dig::Half;

void measure(const dig::TokenShape& s, Half* memory, const Half* rows) {
  const std::int64_t size = s.elements();
  dig::ModulationArguments<Half> a{};
  a.modulation = rows;
  a.batch = s.batch;
  a.length = s.length();
  a.width = s.width;
  a.rows = 3;
  a.shift = 1;
  a.scale = 2;
  a.epsilon = 1e-6f;
  dig::report("AdaLayerNorm", s.name(), 2 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.normed = memory + at + size;
    dig::check(dig::enqueue_cuda(a, nullptr), "AdaLayerNorm");
  });
  dig::report("GatedAdaLayerNorm", s.name(), 4 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.y = memory + at + size;
    a.sum = memory + at + 2 * size;
    a.normed = memory + at + 3 * size;
    dig::check(dig::enqueue_cuda(a, nullptr), "GatedAdaLayerNorm");
  });
  a.normed = nullptr;
  dig::report("GatedResidual", s.name(), 3 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.y = memory + at + size;
    a.sum = memory + at + 2 * size;
    dig::check(dig::enqueue_cuda(a, nullptr), "GatedResidual");
  });
}

}  // namespace

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  for (const auto& shape : dig::kTokenShapes) measure(shape, memory.tensors(), memory.weights());
  return 0;
}
