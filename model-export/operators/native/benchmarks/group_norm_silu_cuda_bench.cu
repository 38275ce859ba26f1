// Time of GroupNormSiLU's CUDA kernels, which read their image twice, for the decoder of 256 x 256
// pixels in fp16.

#include "bench.h"
#include "dig/cuda/group_norm_silu.h"

namespace {

void measure(std::int64_t batch, std::int64_t side, std::int64_t channels,
             const dig::BenchMemory& memory) {
  const std::string shape = "B=" + std::to_string(batch) + " " + std::to_string(side) + "x" +
                            std::to_string(side) + " C=" + std::to_string(channels);
  const std::int64_t size = batch * side * side * channels;
  dig::GroupNormArguments<dig::Half> a{nullptr,
                                       memory.weights(),
                                       memory.weights() + channels,
                                       nullptr,
                                       batch,
                                       side * side,
                                       channels,
                                       32,
                                       1e-6f};
  const dig::DeviceBuffer<char> workspace(dig::group_norm_cuda_workspace(a));
  dig::report("GroupNormSiLU", shape, 2 * size, [&](std::int64_t at) {
    a.x = memory.tensors() + at;
    a.output = memory.tensors() + at + size;
    dig::check(dig::group_norm_cuda(a, workspace.get(), nullptr), "GroupNormSiLU");
  });
}

}  // namespace

int main() {
  const dig::BenchMemory memory;
  dig::print_header();
  measure(8, 32, 512, memory);
  measure(8, 64, 512, memory);
  measure(8, 128, 256, memory);
  measure(8, 256, 128, memory);
  return 0;
}
