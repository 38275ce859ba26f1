// Time of DepthwiseConv's CUDA kernels for the models' shapes in fp16.

#include "bench.h"
#include "dig/cuda/depthwise_conv.h"

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  for (const dig::TokenShape& s : dig::kTokenShapes) {
    const std::int64_t size = s.elements();
    const dig::Half* const weight = memory.weights();
    dig::report("DepthwiseConv 3x3", s.name(), 2 * size, [&](std::int64_t at) {
      const dig::DepthwiseConvArguments<dig::Half> a = {memory.tensors() + at,
                                                        weight,
                                                        weight + 9 * s.width,
                                                        memory.tensors() + at + size,
                                                        s.batch,
                                                        s.side,
                                                        s.side,
                                                        s.width,
                                                        3};
      dig::check(dig::enqueue_cuda(a, nullptr), "DepthwiseConv");
    });
  }
  return 0;
}
