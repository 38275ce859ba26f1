// Time of BidirectionalConv's CUDA kernel for the shapes of DiS-L/2 and DiS-H/2 in fp16.

#include "bench.h"
#include "dig/cuda/bidirectional_conv.h"

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  for (const std::int64_t inner : {2048, 3072}) {
    for (const auto& [batch, length] : {std::pair{32, 258}, std::pair{4, 4098}}) {
      const std::int64_t size = std::int64_t{batch} * length * inner;
      const std::string shape = "B=" + std::to_string(batch) + " E=" + std::to_string(inner) +
                                " T=" + std::to_string(length);
      dig::report("BidirectionalConv", shape, 3 * size, [&, b = batch, t = length](std::int64_t) {
        const dig::BidirectionalConvArguments<dig::Half> a = {
            memory.tensors(),
            memory.weights(),
            memory.weights(),
            {memory.tensors() + 2 * size, memory.tensors() + 3 * size},
            b,
            t,
            inner};
        dig::check(dig::enqueue_cuda(a, nullptr), "BidirectionalConv");
      });
    }
  }
  return 0;
}
