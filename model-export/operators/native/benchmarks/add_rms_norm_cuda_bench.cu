// Time of AddRmsNorm's CUDA kernel for the shapes of DiS-L/2 and DiS-H/2 in fp16. A number of the
// residual counts twice.

#include "bench.h"
#include "dig/cuda/add_rms_norm.h"

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  for (const std::int64_t width : {1024, 1536}) {
    for (const std::int64_t tokens : {32 * 258, 4 * 4098}) {
      const std::int64_t size = tokens * width;
      const std::string shape = "T=" + std::to_string(tokens) + " D=" + std::to_string(width);
      dig::report("AddRmsNorm", shape, 6 * size, [&](std::int64_t at) {
        dig::Half* const from = memory.tensors() + at;
        const dig::AddRmsNormArguments<dig::Half> a = {reinterpret_cast<float*>(from),
                                                       from + 2 * size,
                                                       memory.weights(),
                                                       reinterpret_cast<float*>(from + 3 * size),
                                                       from + 5 * size,
                                                       tokens,
                                                       width,
                                                       1e-5f};
        dig::check(dig::enqueue_cuda(a, nullptr), "AddRmsNorm");
      });
    }
  }
  return 0;
}
