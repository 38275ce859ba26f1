// The CUDA kernels of SoftmaxAttention against naive loops in double; prints a line per failure.
// Needs a GPU: without one it exits with 77, "skipped".

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/softmax_attention.h"
#include "test_tensors.h"

namespace {

using dig::DeviceBuffer;

struct Shape {
  std::int64_t batch, length, heads, head_size;
  float spread;  ///< of queries: the larger, the more a few keys take all the weight

  std::int64_t width() const { return heads * head_size; }
};

constexpr std::size_t kGuard = 4096;  // elements after the output that must not change

std::vector<float> packed_of(const Shape& s) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(s.batch * s.length * 3 * s.width()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool query = static_cast<std::int64_t>(i) % (3 * s.width()) < s.width();
    // Exact in the 16-bit types.
    values[i] = std::round(std::fmin(std::fmax(normal(random), -3.0f), 3.0f) * 32.0f) / 32.0f *
                (query ? s.spread : 1.0f);
  }
  return values;
}

/// Some rows of the output, all of them where there are few.
std::vector<std::int64_t> rows_of(const Shape& s) {
  std::vector<std::int64_t> rows;
  const std::int64_t step = s.length > 512 ? 61 : 1;
  for (std::int64_t t = 0; t < s.length; t += step) rows.push_back(t);
  if (rows.back() != s.length - 1) rows.push_back(s.length - 1);
  return rows;
}

std::vector<float> naive(const Shape& s, const std::vector<float>& packed) {
  const std::int64_t width = s.width();
  const auto at = [&](std::int64_t n, std::int64_t t, int part, std::int64_t column) {
    return double(
        packed[static_cast<std::size_t>(((n * s.length + t) * 3 + part) * width + column)]);
  };
  std::vector<float> output;
  std::vector<double> weights(static_cast<std::size_t>(s.length));
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (const std::int64_t t : rows_of(s)) {
      for (std::int64_t h = 0; h < s.heads; ++h) {
        double most = -INFINITY, sum = 0;
        for (std::int64_t u = 0; u < s.length; ++u) {
          double score = 0;
          for (std::int64_t i = h * s.head_size; i < (h + 1) * s.head_size; ++i) {
            score += at(n, t, 0, i) * at(n, u, 1, i);
          }
          weights[static_cast<std::size_t>(u)] = score / std::sqrt(double(s.head_size));
          most = std::fmax(most, weights[static_cast<std::size_t>(u)]);
        }
        for (double& w : weights) sum += w = std::exp(w - most);
        for (std::int64_t i = h * s.head_size; i < (h + 1) * s.head_size; ++i) {
          double value = 0;
          for (std::int64_t u = 0; u < s.length; ++u) {
            value += weights[static_cast<std::size_t>(u)] * at(n, u, 2, i);
          }
          output.push_back(static_cast<float>(value / sum));
        }
      }
    }
  }
  return output;
}

/// The output of the entries from `first` on; empty if anything after it was written.
template <typename T>
std::vector<T> run(const Shape& s, const std::vector<float>& values, std::int64_t first) {
  std::vector<T> packed;
  dig::convert(values, packed);
  const std::int64_t batch = s.batch - first;
  const auto elements = static_cast<std::size_t>(batch * s.length * s.width());
  const DeviceBuffer<T> input(packed), output(elements + kGuard);
  dig::check(cudaMemset(output.get(), 0xff, (elements + kGuard) * sizeof(T)), "memset");
  dig::SoftmaxAttentionArguments<T> a{};
  a.packed = input.get() + first * s.length * 3 * s.width();
  a.output = output.get();
  a.batch = batch;
  a.length = s.length;
  a.heads = s.heads;
  a.head_size = s.head_size;
  dig::check(dig::softmax_attention_cuda(a, nullptr), "softmax_attention_cuda");
  dig::check(cudaDeviceSynchronize(), "run");
  std::vector<T> all = output.to_host();
  for (std::size_t i = elements; i < all.size(); ++i) {
    if (all[i].bits != 0xffff) return {};
  }
  all.resize(elements);
  return all;
}

/// The rows that `naive` computes.
template <typename T>
std::vector<float> picked(const Shape& s, const std::vector<T>& output) {
  std::vector<float> wide, rows;
  dig::convert(output, wide);
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (const std::int64_t t : rows_of(s)) {
      const auto from = wide.begin() + (n * s.length + t) * s.width();
      rows.insert(rows.end(), from, from + s.width());
    }
  }
  return rows;
}

template <typename T>
int failures_of(const char* type, double tolerance, bool quick) {
  // One token, part of a tile of queries or keys, just more than one, and several of each.
  std::vector<Shape> shapes = {{1, 1, 1, 64, 1},   {2, 3, 2, 72, 1},   {1, 64, 3, 64, 1},
                               {2, 65, 2, 72, 1},  {3, 129, 1, 64, 2}, {2, 200, 2, 72, 8},
                               {1, 333, 1, 64, 4}, {2, 256, 2, 72, 1}};
  if (!quick) {
    shapes.insert(shapes.end(), {{32, 256, 6, 64, 1},
                                 {32, 256, 16, 72, 1},
                                 {2, 1024, 4, 72, 4},
                                 {1, 1000, 6, 64, 16},
                                 {1, 4100, 2, 72, 2},
                                 {1, 4096, 1, 64, 32}});
  }
  int failures = 0;
  for (const Shape& s : shapes) {
    const std::vector<float> values = packed_of(s);
    const std::vector<T> output = run<T>(s, values, 0), alone = run<T>(s, values, s.batch - 1);
    const double error =
        output.empty() ? INFINITY : dig::distance(picked(s, output), naive(s, values));
    // The last entry has the same bits alone and in the batch.
    const bool alike = !output.empty() && !alone.empty() &&
                       std::memcmp(output.data() + (output.size() - alone.size()), alone.data(),
                                   alone.size() * sizeof(T)) == 0;
    if (error <= tolerance && alike) continue;
    ++failures;
    std::printf("FAILED %s N=%d T=%d H=%d K=%d spread %g: relative L2 %g%s\n", type,
                static_cast<int>(s.batch), static_cast<int>(s.length), static_cast<int>(s.heads),
                static_cast<int>(s.head_size), s.spread, error,
                alike ? "" : ", other bits alone or written too far");
  }
  std::printf("%s: %d cases\n", type, static_cast<int>(shapes.size()));
  return failures;
}

}  // namespace

int main(int argc, char**) {
  const bool quick = argc > 1;
  return dig::run_check([quick] {
    return failures_of<dig::Half>("half", dig::kHalfTolerance, quick) +
           failures_of<dig::BFloat16>("bfloat16", dig::kBFloat16Tolerance, quick);
  });
}
