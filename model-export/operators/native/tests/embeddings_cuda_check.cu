// The CUDA kernels of the sin-cos embeddings against the host's functions; prints a line per
// failure. Needs a GPU: without one it exits with 77, "skipped".

#include <cmath>
#include <cstdio>
#include <vector>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/embeddings.h"
#include "test_tensors.h"

namespace {

using dig::DeviceBuffer;

/// Frequencies of a model: 1 to 1e-4.
template <typename T>
std::vector<T> frequencies(std::int64_t width) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < width; ++i) {
    values.push_back(static_cast<T>(std::pow(1e4, -static_cast<double>(i) / width)));
  }
  return values;
}

double timestep_error(std::int64_t count, std::int64_t width) {
  std::vector<float> timesteps, expected;
  for (std::int64_t n = 0; n < count; ++n) timesteps.push_back(static_cast<float>(n * 37 % 1000));
  const std::vector<float> f = frequencies<float>(width);
  for (const float t : timesteps) {
    for (const float w : f) expected.push_back(std::cos(t * w));
    for (const float w : f) expected.push_back(std::sin(t * w));
  }
  const DeviceBuffer<float> t(timesteps), w(f), output(expected.size());
  dig::check(
      dig::enqueue_cuda(
          dig::TimestepEmbeddingArguments{t.get(), w.get(), output.get(), count, width}, nullptr),
      "TimestepEmbedding");
  dig::check(cudaDeviceSynchronize(), "run");
  return dig::distance(output.to_host(), expected);
}

double position_error(std::int64_t rows, std::int64_t columns, std::int64_t width) {
  const std::vector<double> f = frequencies<double>(width);
  std::vector<float> expected;
  for (std::int64_t token = 0; token < rows * columns; ++token) {
    for (const std::int64_t place : {token % columns, token / columns}) {
      for (const double w : f) expected.push_back(static_cast<float>(std::sin(place * w)));
      for (const double w : f) expected.push_back(static_cast<float>(std::cos(place * w)));
    }
  }
  const DeviceBuffer<double> w(f);
  const DeviceBuffer<float> output(expected.size());
  dig::check(
      dig::enqueue_cuda(
          dig::PositionEmbeddingArguments{w.get(), output.get(), rows, columns, width}, nullptr),
      "PositionEmbedding");
  dig::check(cudaDeviceSynchronize(), "run");
  return dig::distance(output.to_host(), expected);
}

int failures_of_all() {
  int cases = 0, failures = 0;
  const auto expect = [&](const char* name, std::int64_t a, std::int64_t b, double error) {
    ++cases;
    if (error <= dig::kFloatTolerance) return;
    ++failures;
    std::printf("FAILED %s of %d and %d: relative L2 %g\n", name, static_cast<int>(a),
                static_cast<int>(b), error);
  };
  for (const std::int64_t count : {1, 2, 31, 64}) {
    for (const std::int64_t width : {1, 64, 128}) {
      expect("timesteps", count, width, timestep_error(count, width));
    }
  }
  for (const std::int64_t rows : {1, 7, 16, 17, 64}) {
    for (const std::int64_t columns : {1, 5, 16, 33, 112}) {
      for (const std::int64_t width : {1, 96, 288}) {
        expect("positions", rows, columns, position_error(rows, columns, width));
      }
    }
  }
  std::printf("%d cases\n", cases);
  return failures;
}

}  // namespace

int main() { return dig::run_check(failures_of_all); }
