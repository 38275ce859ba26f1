// The CUDA kernels of GroupNormSiLU against the formula in fp64; prints a line per failure.
// Needs a GPU: without one it exits with 77, "skipped".

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/group_norm_silu.h"
#include "test_tensors.h"

namespace {

using dig::DeviceBuffer;

struct Shape {
  std::int64_t batch, cells, channels, groups;
  float mean;  ///< of x, whose standard deviation is 1
};

constexpr float kEpsilon = 1e-6f;

/// The tensors of a shape, rounded to T.
template <typename T>
struct Inputs {
  std::vector<T> x, gamma, beta;

  explicit Inputs(const Shape& s) {
    std::mt19937 random(11);
    std::normal_distribution<float> normal;
    const auto draw = [&](std::int64_t count, float mean, std::vector<T>& into) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& value : values) value = mean + normal(random);
      dig::convert(values, into);
    };
    draw(s.batch * s.cells * s.channels, s.mean, x);
    draw(s.channels, 1, gamma);
    draw(s.channels, 0, beta);
  }
};

template <typename T>
std::vector<float> floats(const std::vector<T>& values) {
  std::vector<float> converted;
  dig::convert(values, converted);
  return converted;
}

template <typename T>
std::vector<float> expected(const Shape& s, const Inputs<T>& inputs) {
  const std::vector<float> x = floats(inputs.x), gamma = floats(inputs.gamma),
                           beta = floats(inputs.beta);
  std::vector<float> output(x.size());
  const std::int64_t size = s.channels / s.groups;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t g = 0; g < s.groups; ++g) {
      const auto each = [&](auto visit) {
        for (std::int64_t cell = 0; cell < s.cells; ++cell) {
          for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
            visit(static_cast<std::size_t>((n * s.cells + cell) * s.channels + c),
                  static_cast<std::size_t>(c));
          }
        }
      };
      double sum = 0, squares = 0;
      each([&](std::size_t i, std::size_t) { sum += x[i]; });
      const double mean = sum / static_cast<double>(s.cells * size);
      each([&](std::size_t i, std::size_t) { squares += (x[i] - mean) * (x[i] - mean); });
      const double deviation = std::sqrt(squares / static_cast<double>(s.cells * size) + kEpsilon);
      each([&](std::size_t i, std::size_t c) {
        const double normed = (x[i] - mean) / deviation * gamma[c] + beta[c];
        output[i] = static_cast<float>(normed / (1 + std::exp(-normed)));
      });
    }
  }
  return output;
}

/// The output of the images from `first` on.
template <typename T>
std::vector<T> run(const Shape& s, const Inputs<T>& inputs, std::int64_t first) {
  const std::int64_t image = s.cells * s.channels;
  const DeviceBuffer<T> x(inputs.x), gamma(inputs.gamma), beta(inputs.beta),
      output(static_cast<std::size_t>((s.batch - first) * image));
  const dig::GroupNormArguments<T> a{x.get() + first * image,
                                     gamma.get(),
                                     beta.get(),
                                     output.get(),
                                     s.batch - first,
                                     s.cells,
                                     s.channels,
                                     s.groups,
                                     kEpsilon};
  const DeviceBuffer<char> workspace(dig::group_norm_cuda_workspace(a));
  dig::check(dig::group_norm_cuda(a, workspace.get(), nullptr), "group_norm_cuda");
  dig::check(cudaDeviceSynchronize(), "run");
  return output.to_host();
}

/// Whether the last image is the same, byte for byte, alone and in the batch.
template <typename T>
bool alone_alike(const std::vector<T>& batch, const std::vector<T>& alone) {
  return std::memcmp(batch.data() + (batch.size() - alone.size()), alone.data(),
                     alone.size() * sizeof(T)) == 0;
}

template <typename T>
int failures_of(const char* type, double tolerance) {
  // Groups smaller than, equal to and larger than a pack, uneven parts, channels that fill no pack,
  // more packs than threads, one cell, and a mean that is large compared with the deviation.
  const std::vector<Shape> shapes = {
      {1, 1, 64, 32, 0},      {2, 7, 128, 32, 0},  {3, 1024, 512, 32, 0}, {2, 4099, 128, 32, 0},
      {1, 16384, 256, 32, 0}, {2, 65, 96, 32, 0},  {2, 333, 66, 33, 0},   {2, 50, 4096, 32, 0},
      {2, 50, 2055, 5, 0},    {2, 2000, 12, 1, 0}, {2, 1024, 256, 32, 8}, {1, 4096, 512, 32, -30}};
  int failures = 0;
  for (const Shape& s : shapes) {
    const Inputs<T> inputs(s);
    const std::vector<T> output = run(s, inputs, 0);
    const double error = dig::distance(floats(output), expected(s, inputs));
    const bool alike = alone_alike(output, run(s, inputs, s.batch - 1));
    if (error <= tolerance && alike) continue;
    ++failures;
    std::printf("FAILED %s N=%d cells %d channels %d groups %d mean %g: relative L2 %g%s\n", type,
                static_cast<int>(s.batch), static_cast<int>(s.cells), static_cast<int>(s.channels),
                static_cast<int>(s.groups), s.mean, error, alike ? "" : ", another image alone");
  }
  std::printf("%s: %d cases\n", type, static_cast<int>(shapes.size()));
  return failures;
}

}  // namespace

int main() {
  return dig::run_check([] {
    return failures_of<float>("float", dig::kFloatTolerance) +
           failures_of<dig::Half>("half", dig::kHalfTolerance) +
           failures_of<dig::BFloat16>("bfloat16", dig::kBFloat16Tolerance);
  });
}
