// Time of the memory-bound operators' CUDA kernels, beside the floor of the memory's bandwidth
// (every tensor read or written once, at 4.2 TB/s), for the models' shapes in fp16. Tensors rotate
// through more memory than the L2 cache holds. A time is the median over rounds of CUDA events
// around ten calls, divided by ten.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "../tests/device_buffer.h"
#include "dig/cuda/group_norm_silu.h"
#include "dig/cuda/token_ops.h"

namespace {

using dig::Half;

constexpr double kBytesPerMicrosecond = 4.2e6;
constexpr std::int64_t kRotatingElements = std::int64_t{1} << 28;
constexpr int kCalls = 10;
constexpr int kRounds = 21;

/// Median of `call`, which is given the element at which its tensors start.
double median_microseconds(std::int64_t elements, const std::function<void(std::int64_t)>& call) {
  cudaEvent_t begin, end;
  dig::check(cudaEventCreate(&begin), "event");
  dig::check(cudaEventCreate(&end), "event");
  std::vector<double> times;
  std::int64_t at = 0;
  for (int round = -3; round < kRounds; ++round) {
    dig::check(cudaEventRecord(begin), "event");
    for (int i = 0; i < kCalls; ++i) {
      call(at);
      at = at + 2 * elements <= kRotatingElements ? at + elements : 0;
    }
    dig::check(cudaEventRecord(end), "event");
    dig::check(cudaEventSynchronize(end), "run");
    float milliseconds;
    dig::check(cudaEventElapsedTime(&milliseconds, begin, end), "event");
    if (round >= 0) times.push_back(1e3 * milliseconds / kCalls);
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

void report(const char* name, const char* shape, std::int64_t elements,
            const std::function<void(std::int64_t)>& call) {
  const double floor = 2.0 * static_cast<double>(elements) / kBytesPerMicrosecond;
  const double time = median_microseconds(elements, call);
  std::printf("| %s | %s | %.1f | %.1f | %.2f |\n", name, shape, floor, time, time / floor);
}

struct Shape {
  std::int64_t batch, side, width, hidden;
};

void measure(const Shape& s, Half* memory, const Half* rows) {
  char shape[64];
  std::snprintf(shape, sizeof shape, "B=%d %dx%d D=%d", static_cast<int>(s.batch),
                static_cast<int>(s.side), static_cast<int>(s.side), static_cast<int>(s.width));
  const std::int64_t length = s.side * s.side, size = s.batch * length * s.width;
  dig::ModulationArguments<Half> a{};
  a.modulation = rows;
  a.batch = s.batch;
  a.length = length;
  a.width = s.width;
  a.rows = 3;
  a.shift = 1;
  a.scale = 2;
  a.epsilon = 1e-6f;
  report("AdaLayerNorm", shape, 2 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.normed = memory + at + size;
    dig::check(dig::token_cuda(a, nullptr), "AdaLayerNorm");
  });
  report("GatedAdaLayerNorm", shape, 4 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.y = memory + at + size;
    a.sum = memory + at + 2 * size;
    a.normed = memory + at + 3 * size;
    dig::check(dig::token_cuda(a, nullptr), "GatedAdaLayerNorm");
  });
  a.normed = nullptr;
  report("GatedResidual", shape, 3 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.y = memory + at + size;
    a.sum = memory + at + 2 * size;
    dig::check(dig::token_cuda(a, nullptr), "GatedResidual");
  });
  const std::int64_t tokens = s.batch * length;
  report("SwiGLU", shape, 3 * tokens * s.hidden, [&](std::int64_t at) {
    const dig::SwiGluArguments<Half> g = {memory + at, memory + at + 2 * tokens * s.hidden, tokens,
                                          s.hidden};
    dig::check(dig::token_cuda(g, nullptr), "SwiGLU");
  });
  report("DepthwiseConv 3x3", shape, 2 * size, [&](std::int64_t at) {
    const dig::DepthwiseConvArguments<Half> c = {
        memory + at, rows, rows + 9 * s.width, memory + at + size, s.batch, s.side, s.side,
        s.width,     3};
    dig::check(dig::token_cuda(c, nullptr), "DepthwiseConv");
  });
}

/// A norm of the decoder of 256 x 256 pixels, which reads its image twice.
void measure_norm(std::int64_t batch, std::int64_t side, std::int64_t channels, Half* memory,
                  const Half* rows) {
  char shape[64];
  std::snprintf(shape, sizeof shape, "B=%d %dx%d C=%d", static_cast<int>(batch),
                static_cast<int>(side), static_cast<int>(side), static_cast<int>(channels));
  const std::int64_t size = batch * side * side * channels;
  dig::GroupNormArguments<Half> a{
      nullptr, rows, rows + channels, nullptr, batch, side * side, channels, 32, 1e-6f};
  const dig::DeviceBuffer<char> workspace(dig::group_norm_cuda_workspace(a));
  report("GroupNormSiLU", shape, 2 * size, [&](std::int64_t at) {
    a.x = memory + at;
    a.output = memory + at + size;
    dig::check(dig::group_norm_cuda(a, workspace.get(), nullptr), "GroupNormSiLU");
  });
}

}  // namespace

int main() {
  const dig::DeviceBuffer<Half> memory(static_cast<std::size_t>(kRotatingElements));
  const dig::DeviceBuffer<Half> rows(1 << 20);
  dig::check(cudaMemset(memory.get(), 0, sizeof(Half) * kRotatingElements), "memset");
  dig::check(cudaMemset(rows.get(), 0, sizeof(Half) << 20), "memset");
  std::printf(
      "| operator | shape | floor (us) | ours (us) | ratio |\n| --- | --- | --- | --- | --- |\n");
  for (const Shape& s : {Shape{32, 16, 384, 1024}, Shape{2, 112, 384, 1024},
                         Shape{32, 16, 1152, 3072}, Shape{4, 64, 1152, 3072}}) {
    measure(s, memory.get(), rows.get());
  }
  measure_norm(8, 32, 512, memory.get(), rows.get());
  measure_norm(8, 64, 512, memory.get(), rows.get());
  measure_norm(8, 128, 256, memory.get(), rows.get());
  measure_norm(8, 256, 128, memory.get(), rows.get());
  return 0;
}
