// Time of SelectiveScan's CUDA kernel for shapes of Mamba and DiS in fp16, both directions in one
// launch. The floor is that of x, z, both step tensors, B and C and the output.

#include "bench.h"
#include "dig/cuda/selective_scan.h"
#include "random_memory.cuh"

namespace {

using dig::Half;

struct Shape {
  std::int64_t batch, inner, length, matrices_width;
};

void measure(const Shape& s) {
  const std::int64_t tokens = s.batch * s.length, size = tokens * s.inner;
  const auto tensor = [](std::int64_t count) {
    return dig::random_halves((count + 255) / 256 * 256);
  };
  const auto packed = tensor(2 * size), u0 = tensor(size), u1 = tensor(size), step0 = tensor(size),
             step1 = tensor(size), matrices0 = tensor(tokens * s.matrices_width),
             matrices1 = tensor(tokens * s.matrices_width), output = tensor(size);
  const auto inner = static_cast<std::size_t>(s.inner);
  const dig::DeviceBuffer<float> a(std::vector<float>(2 * dig::kScanStates * inner, -1.5f)),
      skip(std::vector<float>(2 * inner, 1.0f)), step_bias(std::vector<float>(2 * inner, -4.0f));
  const dig::SelectiveScanArguments<Half> arguments = {packed.get(),
                                                       {u0.get(), u1.get()},
                                                       {step0.get(), step1.get()},
                                                       {matrices0.get(), matrices1.get()},
                                                       a.get(),
                                                       skip.get(),
                                                       step_bias.get(),
                                                       output.get(),
                                                       s.batch,
                                                       s.length,
                                                       s.inner,
                                                       s.matrices_width};
  dig::report("SelectiveScan",
              "B=" + std::to_string(s.batch) + " E=" + std::to_string(s.inner) +
                  " T=" + std::to_string(s.length),
              5 * size + 4 * tokens * dig::kScanStates, [&](std::int64_t) {
                dig::check(dig::enqueue_cuda(arguments, nullptr), "SelectiveScan");
              });
}

}  // namespace

int main() {
  dig::print_header();
  for (const Shape& s :
       {Shape{4, 2048, 4096, 96}, Shape{4, 2048, 16384, 96}, Shape{32, 2048, 256, 96},
        Shape{4, 3072, 4098, 128}, Shape{32, 3072, 258, 128}, Shape{2, 3072, 16386, 128},
        Shape{1, 2048, 4096, 96}}) {
    measure(s);
  }
  return 0;
}
