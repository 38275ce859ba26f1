// The CUDA kernels of the projections against naive loops in double; prints a line per failure.
// Needs a GPU: without one it exits with 77, "skipped".

#include <cstdio>
#include <random>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/projection.h"
#include "test_tensors.h"

namespace {

using dig::DeviceBuffer;
using dig::Epilogue;

struct Size {
  std::int64_t batch, length, inner, outputs;
};

/// What the operators compute.
struct Kind {
  const char* name;
  Epilogue epilogue;
  bool biased;
};

constexpr Kind kKinds[] = {
    {"Projection", Epilogue::kNone, false},       {"BiasProjection", Epilogue::kNone, true},
    {"GeluProjection", Epilogue::kGelu, true},    {"SwiGluProjection", Epilogue::kSwiGlu, false},
    {"GatedProjection", Epilogue::kGated, false}, {"GatedBiasProjection", Epilogue::kGated, true}};

constexpr std::int64_t kRows = 4, kGate = 2;
constexpr std::int64_t kGuard = 4096;  // elements after the output that must not change

/// The tensors of a case, exact in the 16-bit types.
struct Problem {
  std::int64_t tokens, columns;
  std::vector<float> x, weight, bias, residual, modulation;

  Problem(const Size& s, Epilogue epilogue, bool biased)
      : tokens(s.batch * s.length),
        columns(epilogue == Epilogue::kSwiGlu ? 2 * s.outputs : s.outputs) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    const auto draw = [&](std::int64_t count, float scale) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& v : values)
        v = std::round(std::fmin(std::fmax(normal(random), -3.0f), 3.0f) * 32.0f) / 32.0f * scale;
      return values;
    };
    x = draw(tokens * s.inner, 1);
    weight = draw(s.inner * columns, 0.0625f);
    residual = draw(tokens * columns, 1);
    modulation = draw(s.batch * kRows * columns, 1);
    if (biased) bias = draw(columns, 1);
  }
};

double product(const Problem& p, const Size& s, std::int64_t token, std::int64_t column) {
  double sum = p.bias.empty() ? 0 : p.bias[column];
  for (std::int64_t k = 0; k < s.inner; ++k) {
    sum += double(p.x[token * s.inner + k]) * p.weight[k * p.columns + column];
  }
  return sum;
}

std::vector<float> naive(const Problem& p, const Size& s, Epilogue epilogue) {
  std::vector<float> output;
  for (std::int64_t token = 0; token < p.tokens; ++token) {
    for (std::int64_t column = 0; column < s.outputs; ++column) {
      double y = product(p, s, token, column);
      if (epilogue == Epilogue::kSwiGlu) {
        y = y / (1 + std::exp(-y)) * product(p, s, token, s.outputs + column);
      } else if (epilogue == Epilogue::kGelu) {
        y = y / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (y + 0.044715 * y * y * y)));
      } else if (epilogue == Epilogue::kGated) {
        y = p.residual[token * p.columns + column] +
            y * p.modulation[(token / s.length * kRows + kGate) * p.columns + column];
      }
      output.push_back(static_cast<float>(y));
    }
  }
  return output;
}

template <typename T>
DeviceBuffer<T> on_device(const std::vector<float>& values) {
  std::vector<T> narrow;
  dig::convert(values, narrow);
  return DeviceBuffer<T>(narrow);
}

/// Runs a case; returns the distance, infinite if anything after the output was written.
template <typename T>
double run(const Size& s, Epilogue epilogue, bool biased) {
  const Problem p(s, epilogue, biased);
  const std::vector<float> expected = naive(p, s, epilogue);
  const auto x = on_device<T>(p.x), weight = on_device<T>(p.weight), bias = on_device<T>(p.bias),
             residual = on_device<T>(p.residual), modulation = on_device<T>(p.modulation);
  const DeviceBuffer<T> output(expected.size() + kGuard);
  dig::check(cudaMemset(output.get(), 0xff, (expected.size() + kGuard) * sizeof(T)), "memset");
  dig::ProjectionArguments<T> a{};
  a.x = x.get();
  a.weight = weight.get();
  a.bias = bias.get();
  a.output = output.get();
  a.tokens = p.tokens;
  a.inner = s.inner;
  a.columns = p.columns;
  if (epilogue == Epilogue::kGated) {
    a.residual = residual.get();
    a.modulation = modulation.get();
    a.length = s.length;
    a.rows = kRows;
    a.gate = kGate;
  }
  dig::check(dig::projection_cuda(epilogue, a, nullptr), "projection_cuda");
  dig::check(cudaDeviceSynchronize(), "run");
  std::vector<T> all = output.to_host();
  for (std::size_t i = expected.size(); i < all.size(); ++i) {
    if (all[i].bits != 0xffff) return INFINITY;
  }
  all.resize(expected.size());
  std::vector<float> actual;
  dig::convert(all, actual);
  return dig::distance(actual, expected);
}

template <typename T>
int failures_of(const char* type, double tolerance, bool quick) {
  int cases = 0, failures = 0;
  std::vector<Size> sizes = {
      {1, 1, 8, 8},      {2, 3, 64, 64},     {1, 128, 64, 64}, {3, 50, 72, 200}, {1, 257, 136, 264},
      {2, 130, 200, 72}, {1, 300, 1152, 64}, {1, 7, 5, 3},     {2, 9, 64, 12},   {1, 20, 12, 24}};
  if (!quick) {
    // Every width of tile, and more tiles than clusters.
    sizes.insert(sizes.end(), {{2, 256, 384, 1344},
                               {1, 256, 1152, 576},
                               {3, 333, 256, 2048},
                               {40, 256, 64, 384},
                               {8, 1024, 72, 768},
                               {9, 1000, 64, 1032}});
  }
  for (const Size& s : sizes) {
    for (const Kind& kind : kKinds) {
      ++cases;
      const double error = run<T>(s, kind.epilogue, kind.biased);
      if (error <= tolerance) continue;
      ++failures;
      std::printf("FAILED %s %s of [%d, %d, %d] by [.., %d]: relative L2 %g\n", type, kind.name,
                  static_cast<int>(s.batch), static_cast<int>(s.length), static_cast<int>(s.inner),
                  static_cast<int>(s.outputs), error);
    }
  }
  std::printf("%s: %d cases\n", type, cases);
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
