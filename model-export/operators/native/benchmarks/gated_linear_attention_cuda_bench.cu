// Time of the CUDA kernel beside the floor of the memory's bandwidth.
//
//   gated_linear_attention_cuda_bench [shape ...]     shapes as B,T,H; the default is the table of
//   BENCHMARK.md
//
// The floor counts q, k, g and v read once and the output written once (and z read, with the
// norm), at 4.2 TB/s. Inputs rotate through more memory than the L2 cache holds. A time is the
// median over rounds of CUDA events around ten calls, divided by ten.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "../tests/device_buffer.h"
#include "dig/cuda/gated_linear_attention.h"

namespace {

using dig::DeviceBuffer;
using dig::GlaArguments;
using dig::Half;

constexpr double kBytesPerMicrosecond = 4.2e6;
constexpr std::size_t kRotatingBytes = std::size_t{1} << 30;
constexpr int kCalls = 10;
constexpr int kRounds = 21;

struct Shape {
  int batch, length, heads;
};

double median_microseconds(const std::vector<GlaArguments<Half>>& calls, void* workspace) {
  cudaEvent_t begin, end;
  dig::check(cudaEventCreate(&begin), "event");
  dig::check(cudaEventCreate(&end), "event");
  std::vector<double> times;
  std::size_t next = 0;
  for (int round = -3; round < kRounds; ++round) {
    dig::check(cudaEventRecord(begin), "event");
    for (int i = 0; i < kCalls; ++i) {
      dig::check(dig::gla_cuda(calls[next++ % calls.size()], workspace, nullptr), "gla_cuda");
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

void measure(const Shape& s, bool norm, int direction) {
  GlaArguments<Half> a{};
  a.batch = s.batch;
  a.length = s.length;
  a.heads = s.heads;
  a.key_size = 32;
  a.value_size = 64;
  std::int64_t rows = 1;
  while (rows * rows < s.length) rows *= 2;
  a.order = {rows, s.length / rows, direction};
  a.gate_normalizer = 16;
  a.epsilon = 1e-6f;
  a.row_stride = 3 * a.key_offset() + (norm ? 2 : 1) * a.output_stride();
  const auto inputs = static_cast<std::size_t>(a.batch * a.length * a.row_stride);
  const auto outputs = static_cast<std::size_t>(a.batch * a.length * a.output_stride());
  const std::size_t bytes = (inputs + outputs) * sizeof(Half);
  const std::size_t copies = std::max<std::size_t>(2, (kRotatingBytes + bytes - 1) / bytes);

  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<Half> host(inputs);
  // A short random sequence, repeated: drawing a billion numbers takes longer than the benchmark.
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (i < 65521) {
      const auto x = static_cast<_Float16>(normal(random));
      __builtin_memcpy(&host[i], &x, sizeof x);
    } else {
      host[i] = host[i - 65521];
    }
  }
  std::vector<DeviceBuffer<Half>> packed, output;
  const DeviceBuffer<Half> weight(std::vector<Half>(64, Half{0x3c00}));
  std::vector<GlaArguments<Half>> calls;
  for (std::size_t i = 0; i < copies; ++i) {
    packed.emplace_back(host);
    output.emplace_back(outputs);
    a.packed = packed.back().get();
    a.output = output.back().get();
    a.norm_weight = norm ? weight.get() : nullptr;
    calls.push_back(a);
  }
  const DeviceBuffer<char> workspace(dig::gla_cuda_workspace(a));
  const double floor = static_cast<double>(bytes) / kBytesPerMicrosecond;
  const double time = median_microseconds(calls, workspace.get());
  std::printf("| B=%d T=%d H=%d | %d | %s | %.1f | %.1f | %.2f |\n", s.batch, s.length, s.heads,
              direction, norm ? "yes" : "no", floor, time, time / floor);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Shape> shapes;
  for (int i = 1; i < argc; ++i) {
    Shape s{};
    if (std::sscanf(argv[i], "%d,%d,%d", &s.batch, &s.length, &s.heads) != 3) {
      std::fprintf(stderr, "a shape is B,T,H, not %s\n", argv[i]);
      return 2;
    }
    shapes.push_back(s);
  }
  if (shapes.empty()) {
    shapes = {{8, 16384, 18}, {2, 16384, 18}, {8, 4096, 18}, {16, 1024, 18}, {64, 256, 6},
              {32, 256, 6},   {32, 256, 18},  {2, 4096, 18}, {2, 12544, 6},  {2, 16384, 6}};
  }
  cudaDeviceProp device;
  dig::check(cudaGetDeviceProperties(&device, 0), "device");
  std::printf("%s, %d multiprocessors, fp16, K=32, V=64\n\n", device.name,
              device.multiProcessorCount);
  std::printf("| shape | direction | norm and gate | floor (us) | ours (us) | ratio |\n");
  std::printf("| --- | --- | --- | --- | --- | --- |\n");
  for (const Shape& s : shapes) measure(s, false, 0);
  for (const Shape& s : shapes) measure(s, true, 0);
  for (int direction = 1; direction < 4; ++direction) measure(shapes.front(), false, direction);
  for (int direction = 1; direction < 4; ++direction) measure(shapes.back(), true, direction);
  return 0;
}
