// Time of SwiGLU's CUDA kernels for the models' shapes in fp16.

#include "bench.h"
#include "dig/cuda/swiglu.h"

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  for (const dig::TokenShape& s : dig::kTokenShapes) {
    const std::int64_t tokens = s.batch * s.length(), size = tokens * s.hidden;
    dig::report("SwiGLU", s.name(), 3 * size, [&](std::int64_t at) {
      const dig::SwiGluArguments<dig::Half> a = {
          memory.tensors() + at, memory.tensors() + at + 2 * size, tokens, s.hidden};
      dig::check(dig::enqueue_cuda(a, nullptr), "SwiGLU");
    });
  }
  return 0;
}
