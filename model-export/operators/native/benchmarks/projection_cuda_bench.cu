// Rate of the projections' CUDA kernels in fp16 at the models' shapes, with random numbers: zeros
// take less power and run faster. Tensors rotate through more memory than the L2 cache holds. A
// time is the median over rounds of CUDA events around ten calls, divided by ten.

#include <algorithm>
#include <cstdio>
#include <vector>

#include "../tests/device_buffer.h"
#include "dig/cuda/projection.h"

namespace {

using dig::Epilogue;
using dig::Half;

constexpr std::int64_t kRotatingElements = std::int64_t{1} << 28;
constexpr int kCalls = 10;
constexpr int kRounds = 21;

/// Numbers of normal size and any sign, from a hash of their place.
__global__ void fill(Half* to, std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  std::uint32_t x =
      static_cast<std::uint32_t>(i) * 2654435761u ^ static_cast<std::uint32_t>(i >> 7);
  x = (x ^ (x >> 15)) * 2246822519u;
  x = (x ^ (x >> 13)) * 3266489917u;
  // Sign, exponent of 2^-4 to 2^-1, and a mantissa.
  to[i].bits =
      static_cast<std::uint16_t>((x >> 16 & 0x8000) | (11 + (x >> 10 & 3)) << 10 | (x & 0x3ff));
}

template <typename Call>
double median_microseconds(std::int64_t elements, const Call& call) {
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

void measure(const char* name, Epilogue epilogue, std::int64_t tokens, std::int64_t inner,
             std::int64_t columns, Half* memory, const Half* weights) {
  const std::int64_t sizes = tokens * (inner + 2 * columns);
  const double time = median_microseconds(sizes, [&](std::int64_t at) {
    dig::ProjectionArguments<Half> a{};
    a.x = memory + at;
    a.weight = weights;
    a.output = memory + at + tokens * inner;
    a.tokens = tokens;
    a.inner = inner;
    a.columns = columns;
    if (epilogue == Epilogue::kGated) {
      a.residual = memory + at + tokens * (inner + columns);
      a.modulation = weights;
      a.length = 256;
      a.rows = 6;
    }
    dig::check(dig::projection_cuda(epilogue, a, nullptr), "projection_cuda");
  });
  const double operations = 2e-6 * static_cast<double>(tokens) * static_cast<double>(inner) *
                            static_cast<double>(columns);
  std::printf("| %s | %d | %d | %d | %.1f | %.0f |\n", name, static_cast<int>(tokens),
              static_cast<int>(inner), static_cast<int>(columns), time, operations / time);
}

}  // namespace

int main() {
  const dig::DeviceBuffer<Half> memory(static_cast<std::size_t>(kRotatingElements));
  const dig::DeviceBuffer<Half> weights(1 << 24);
  fill<<<kRotatingElements / 256, 256>>>(memory.get(), kRotatingElements);
  fill<<<(1 << 24) / 256, 256>>>(weights.get(), 1 << 24);
  dig::check(cudaDeviceSynchronize(), "fill");
  std::printf(
      "| operator | tokens | inner | columns | us | TFLOP/s |\n| --- | --- | --- | --- | --- | --- "
      "|\n");
  for (const std::int64_t tokens : {8192, 16384, 32768}) {
    measure("Projection", Epilogue::kNone, tokens, 1152, 4032, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 1152, 1152, memory.get(), weights.get());
    measure("SwiGluProjection", Epilogue::kSwiGlu, tokens, 1152, 6144, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 3072, 1152, memory.get(), weights.get());
  }
  for (const std::int64_t tokens : {256, 2048, 8192}) {
    measure("Projection", Epilogue::kNone, tokens, 384, 1344, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 384, 384, memory.get(), weights.get());
    measure("SwiGluProjection", Epilogue::kSwiGlu, tokens, 384, 2048, memory.get(), weights.get());
    measure("GatedProjection", Epilogue::kGated, tokens, 1024, 384, memory.get(), weights.get());
  }
  return 0;
}
