// Rate of SoftmaxAttention's CUDA kernels in fp16 at the models' shapes, with random numbers: zeros
// take less power and run faster. Tensors rotate through more memory than the L2 cache holds. A
// time is the median over rounds of CUDA events around ten calls, divided by ten.

#include <cstdio>

#include "bench.h"
#include "dig/cuda/softmax_attention.h"
#include "random_memory.cuh"

namespace {

void measure(std::int64_t batch, std::int64_t length, std::int64_t heads, std::int64_t head_size,
             const dig::DeviceBuffer<dig::Half>& memory) {
  dig::SoftmaxAttentionArguments<dig::Half> a{};
  a.batch = batch;
  a.length = length;
  a.heads = heads;
  a.head_size = head_size;
  const std::int64_t elements = batch * length * heads * head_size;
  const double time = dig::median_microseconds(4 * elements, [&](std::int64_t at) {
    a.packed = memory.get() + at;
    a.output = memory.get() + at + 3 * elements;
    dig::check(dig::softmax_attention_cuda(a, nullptr), "softmax_attention_cuda");
  });
  const double operations = 4e-6 * static_cast<double>(elements) * static_cast<double>(length);
  const double floor = 8.0 * static_cast<double>(elements) / dig::kBytesPerMicrosecond;
  std::printf("| %d | %d | %d | %d | %.1f | %.1f | %.0f |\n", static_cast<int>(batch),
              static_cast<int>(length), static_cast<int>(heads), static_cast<int>(head_size), floor,
              time, operations / time);
}

}  // namespace

int main() {
  const dig::DeviceBuffer<dig::Half> memory = dig::random_halves(dig::kRotatingElements);
  std::printf(
      "| batch | tokens | heads | head size | memory's floor (us) | ours (us) | TFLOP/s |\n| --- | "
      "--- | --- | --- | --- | --- | --- |\n");
  for (const auto& [heads, head_size] : {std::pair{6, 64}, std::pair{16, 72}}) {
    measure(1, 256, heads, head_size, memory);
    measure(32, 256, heads, head_size, memory);
    measure(8, 1024, heads, head_size, memory);
    measure(4, 4096, heads, head_size, memory);
    measure(2, 16384, heads, head_size, memory);
  }
  return 0;
}
