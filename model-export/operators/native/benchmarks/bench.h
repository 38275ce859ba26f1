// Time of a memory-bound operator's CUDA kernel beside the floor of the memory's bandwidth (every
// tensor read or written once, at 4.2 TB/s). Tensors rotate through more memory than the L2 cache
// holds. A time is the median over rounds of CUDA events around ten calls, divided by ten.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "../tests/device_buffer.h"
#include "dig/half.h"

namespace dig {

constexpr double kBytesPerMicrosecond = 4.2e6;
constexpr std::int64_t kRotatingElements = std::int64_t{1} << 28;
constexpr std::int64_t kWeightElements = 1 << 20;
constexpr int kCalls = 10;
constexpr int kRounds = 21;

/// Zeros for the tensors of calls in fp16.
class BenchMemory {
 public:
  BenchMemory() : tensors_(static_cast<std::size_t>(kRotatingElements)), weights_(kWeightElements) {
    check(cudaMemset(tensors_.get(), 0, sizeof(Half) * kRotatingElements), "memset");
    check(cudaMemset(weights_.get(), 0, sizeof(Half) * kWeightElements), "memset");
  }

  Half* tensors() const { return tensors_.get(); }
  const Half* weights() const { return weights_.get(); }

 private:
  DeviceBuffer<Half> tensors_, weights_;
};

/// Median of `call`, which is given the element at which its tensors start.
inline double median_microseconds(std::int64_t elements,
                                  const std::function<void(std::int64_t)>& call) {
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "event");
  check(cudaEventCreate(&end), "event");
  std::vector<double> times;
  std::int64_t at = 0;
  for (int round = -3; round < kRounds; ++round) {
    check(cudaEventRecord(begin), "event");
    for (int i = 0; i < kCalls; ++i) {
      call(at);
      at = at + 2 * elements <= kRotatingElements ? at + elements : 0;
    }
    check(cudaEventRecord(end), "event");
    check(cudaEventSynchronize(end), "run");
    float milliseconds;
    check(cudaEventElapsedTime(&milliseconds, begin, end), "event");
    if (round >= 0) times.push_back(1e3 * milliseconds / kCalls);
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

inline void print_header() {
  std::printf(
      "| operator | shape | floor (us) | ours (us) | ratio |\n| --- | --- | --- | --- | --- |\n");
}

/// Prints a row of the table; `call` moves this many elements.
inline void report(const char* name, const std::string& shape, std::int64_t elements,
                   const std::function<void(std::int64_t)>& call) {
  const double floor = 2.0 * static_cast<double>(elements) / kBytesPerMicrosecond;
  const double time = median_microseconds(elements, call);
  std::printf("| %s | %s | %.1f | %.1f | %.2f |\n", name, shape.c_str(), floor, time, time / floor);
}

/// Tokens of DiG-S/2 and DiG-XL/2.
struct TokenShape {
  std::int64_t batch, side, width, hidden;

  std::int64_t length() const { return side * side; }
  std::int64_t elements() const { return batch * length() * width; }
  std::string name() const {
    return "B=" + std::to_string(batch) + " " + std::to_string(side) + "x" + std::to_string(side) +
           " D=" + std::to_string(width);
  }
};

constexpr TokenShape kTokenShapes[] = {
    {32, 16, 384, 1024}, {2, 112, 384, 1024}, {32, 16, 1152, 3072}, {4, 64, 1152, 3072}};

}  // namespace dig
