// The CUDA kernels of the projections of operands in 8 bits against naive loops in double, and a
// token alone against the same token among others. Prints a line per failure and the largest error.
// Needs a Hopper GPU: without one it exits with 77, "skipped".

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include "cuda_check.h"
#include "dig/cuda/projection.h"
#include "float8.h"

namespace {

using dig::DeviceBuffer;
using dig::Epilogue;
using dig::Float8;
using dig::Half;

struct Size {
  std::int64_t batch, length, inner, outputs;
};

struct Kind {
  const char* name;
  Epilogue epilogue;
  bool biased;
  bool blocks = false;  ///< whether tokens have several scales

  /// Whether outputs are in 8 bits.
  bool narrow() const { return epilogue == Epilogue::kSwiGlu || epilogue == Epilogue::kGelu; }
};

constexpr Kind kKinds[] = {
    {"QuantizedProjection", Epilogue::kNone, false},
    {"QuantizedBiasProjection", Epilogue::kNone, true},
    {"QuantizedGeluProjection", Epilogue::kGelu, true},
    {"QuantizedSwiGluProjection", Epilogue::kSwiGlu, false},
    {"QuantizedGatedProjection", Epilogue::kGated, false},
    {"QuantizedGatedBiasProjection", Epilogue::kGated, true},
    {"QuantizedGatedProjection in blocks", Epilogue::kGated, false, true},
    {"QuantizedGatedBiasProjection in blocks", Epilogue::kGated, true, true}};

constexpr std::int64_t kRows = 4, kGate = 2;
constexpr std::int64_t kGuard = 4096;  // elements after the output that must not change

/// The tensors of a case. Products are of size 1.
struct Problem {
  std::int64_t tokens, columns, scales;
  std::vector<Float8> x, weight;
  std::vector<float> x_scale, weight_scale, bias, residual, modulation;

  Problem(const Size& s, const Kind& kind)
      : tokens(s.batch * s.length),
        columns(kind.epilogue == Epilogue::kSwiGlu ? 2 * s.outputs : s.outputs),
        scales(kind.blocks ? dig::scale_blocks(s.inner) : 1) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<float> sizes(0.25f, 4);
    std::vector<Float8> pool(4096);
    for (Float8& v : pool) v = dig::nearest(100 * normal(random));
    const auto numbers = [&](std::int64_t count) {
      std::vector<Float8> values(static_cast<std::size_t>(count));
      for (Float8& v : values) v = pool[random() % pool.size()];
      return values;
    };
    const auto draw = [&](std::int64_t count) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& v : values) {
        v = std::round(std::fmin(std::fmax(normal(random), -3.0f), 3.0f) * 32.0f) / 32.0f;
      }
      return values;
    };
    x = numbers(tokens * s.inner);
    weight = numbers(columns * s.inner);
    for (std::int64_t i = 0; i < tokens * scales; ++i) x_scale.push_back(sizes(random) / 100);
    const float size = 100 * std::sqrt(static_cast<float>(s.inner));
    for (std::int64_t i = 0; i < columns; ++i) weight_scale.push_back(sizes(random) / size);
    residual = draw(tokens * columns);
    modulation = draw(s.batch * kRows * columns);
    if (kind.biased) bias = draw(columns);
  }
};

double product(const Problem& p, const Size& s, std::int64_t token, std::int64_t column) {
  static const std::vector<float> table = [] {
    std::vector<float> values;
    for (int bits = 0; bits < 256; ++bits) {
      values.push_back(dig::widened(Float8{static_cast<std::uint8_t>(bits)}));
    }
    return values;
  }();
  double sum = 0;
  for (std::int64_t k = 0; k < s.inner; ++k) {
    sum += double(table[p.x[token * s.inner + k].bits]) *
           table[p.weight[column * s.inner + k].bits] *
           p.x_scale[token * p.scales + (p.scales == 1 ? 0 : k / dig::kScaleBlock)];
  }
  return sum * p.weight_scale[column] + (p.bias.empty() ? 0 : p.bias[column]);
}

double element(const Problem& p, const Size& s, Epilogue epilogue, std::int64_t token,
               std::int64_t column) {
  const double y = product(p, s, token, column);
  if (epilogue == Epilogue::kSwiGlu) {
    return y / (1 + std::exp(-y)) * product(p, s, token, s.outputs + column);
  }
  if (epilogue == Epilogue::kGelu) {
    return y / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (y + 0.044715 * y * y * y)));
  }
  if (epilogue == Epilogue::kNone) return y;
  return p.residual[token * p.columns + column] +
         y * p.modulation[(token / s.length * kRows + kGate) * p.columns + column];
}

/// On all cores.
std::vector<float> naive(const Problem& p, const Size& s, Epilogue epilogue) {
  std::vector<float> output(static_cast<std::size_t>(p.tokens * s.outputs));
  std::vector<std::thread> threads;
  const std::int64_t count = std::max(1u, std::thread::hardware_concurrency());
  for (std::int64_t thread = 0; thread < count; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t token = thread; token < p.tokens; token += count) {
        for (std::int64_t column = 0; column < s.outputs; ++column) {
          output[token * s.outputs + column] =
              static_cast<float>(element(p, s, epilogue, token, column));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return output;
}

DeviceBuffer<Half> halves(const std::vector<float>& values) {
  std::vector<Half> narrow;
  dig::convert(values, narrow);
  return DeviceBuffer<Half>(narrow);
}

/// Outputs of the first tokens of a case.
struct Outputs {
  std::vector<unsigned char> bytes;  ///< as the kernel wrote them
  std::vector<float> values;
  bool guarded;  ///< whether nothing after them was written
};

Outputs run(const Problem& p, const Size& s, const Kind& kind, std::int64_t tokens) {
  const DeviceBuffer<Float8> x(p.x), weight(p.weight);
  const DeviceBuffer<float> x_scale(p.x_scale), weight_scale(p.weight_scale);
  const auto bias = halves(p.bias), residual = halves(p.residual),
             modulation = halves(p.modulation);
  const auto size = static_cast<std::size_t>(tokens * s.outputs);
  const std::int64_t blocks = dig::scale_blocks(s.outputs);
  const std::size_t bytes = size * (kind.narrow() ? sizeof(Float8) : sizeof(Half));
  const DeviceBuffer<unsigned char> output(bytes + kGuard);
  const DeviceBuffer<float> scale(static_cast<std::size_t>(tokens * blocks));
  dig::check(cudaMemset(output.get(), 0xff, bytes + kGuard), "memset");
  dig::check(cudaMemset(scale.get(), 0xff, static_cast<std::size_t>(tokens * blocks) * 4),
             "memset");
  dig::ProjectionArguments<Half, Float8> a{};
  a.x = x.get();
  a.weight = weight.get();
  a.x_scale = x_scale.get();
  a.scales = p.scales;
  a.weight_scale = weight_scale.get();
  a.bias = bias.get();
  a.tokens = tokens;
  a.inner = s.inner;
  a.columns = p.columns;
  if (kind.narrow()) {
    a.numbers = reinterpret_cast<Float8*>(output.get());
    a.scale = scale.get();
  } else {
    a.output = reinterpret_cast<Half*>(output.get());
  }
  if (kind.epilogue == Epilogue::kGated) {
    a.residual = residual.get();
    a.modulation = modulation.get();
    a.length = s.length;
    a.rows = kRows;
    a.gate = kGate;
  }
  dig::check(dig::quantized_projection_cuda(kind.epilogue, a, nullptr), kind.name);
  dig::check(cudaDeviceSynchronize(), "run");
  Outputs found{output.to_host(), {}, true};
  for (std::size_t i = bytes; i < found.bytes.size(); ++i) found.guarded &= found.bytes[i] == 0xff;
  found.bytes.resize(bytes);
  if (!kind.narrow()) {
    std::vector<Half> narrow(size);
    std::memcpy(narrow.data(), found.bytes.data(), bytes);
    dig::convert(narrow, found.values);
    return found;
  }
  const std::vector<float> scales = scale.to_host();
  for (std::size_t i = 0; i < size; ++i) {
    const auto token = static_cast<std::int64_t>(i) / s.outputs,
               column = static_cast<std::int64_t>(i) % s.outputs;
    found.values.push_back(dig::widened(Float8{found.bytes[i]}) *
                           scales[token * blocks + column / dig::kScaleBlock]);
  }
  return found;
}

/// How far outputs in 8 bits may be from the largest of their block, as a part of it: half of the
/// distance of two numbers there, and the error of a product.
constexpr float kNearLargest = 1.0f / 28 + 0.01f;

/// Whether each block has the number that its scale makes of its largest.
bool blocks_are_full(const Size& s, const Outputs& found, const std::vector<float>& expected) {
  for (std::size_t token = 0; token < found.bytes.size() / s.outputs; ++token) {
    for (std::int64_t first = 0; first < s.outputs; first += dig::kScaleBlock) {
      float largest = 0, most = 0;
      bool full = false;
      for (std::int64_t i = first; i < std::min(first + dig::kScaleBlock, s.outputs); ++i) {
        const std::size_t at = token * s.outputs + i;
        full |= (found.bytes[at] & 0x7f) == 0x7e;
        largest = std::fmax(largest, std::fabs(found.values[at]));
        most = std::fmax(most, std::fabs(expected[at]));
      }
      if (!full || std::fabs(largest - most) > kNearLargest * most) return false;
    }
  }
  return true;
}

/// The error of a case, infinite if anything after the output was written, if tokens have other
/// bits when there are fewer of them, or if scales are wrong.
double error_of(const Size& s, const Kind& kind) {
  const Problem p(s, kind);
  const Outputs found = run(p, s, kind, p.tokens), alone = run(p, s, kind, s.length);
  const std::vector<float> expected = naive(p, s, kind.epilogue);
  if (!found.guarded || !alone.guarded ||
      !std::equal(alone.bytes.begin(), alone.bytes.end(), found.bytes.begin()) ||
      (kind.narrow() && !blocks_are_full(s, found, expected))) {
    return INFINITY;
  }
  return dig::distance(found.values, expected);
}

}  // namespace

int main(int argc, char**) {
  const bool quick = argc > 1;
  if (!dig::projection_cuda_is_fast()) {
    std::printf("skipped: no Hopper GPU\n");
    return dig::kSkipped;
  }
  return dig::run_check([quick] {
    std::vector<Size> sizes = {{1, 1, 16, 8},      {2, 3, 64, 64},     {1, 128, 128, 64},
                               {3, 50, 144, 200},  {1, 257, 272, 264}, {2, 130, 400, 72},
                               {1, 300, 1152, 64}, {2, 9, 64, 16}};
    if (!quick) {
      // Every width of tile, and more tiles than clusters.
      sizes.insert(sizes.end(), {{2, 256, 384, 1344},
                                 {1, 256, 1152, 576},
                                 {3, 333, 256, 2048},
                                 {40, 256, 64, 384},
                                 {8, 512, 80, 768},
                                 {9, 1000, 64, 1032},
                                 {2, 64, 3072, 1152}});
    }
    int failures = 0;
    int cases = 0;
    double largest = 0, largest_narrow = 0;
    for (const Size& s : sizes) {
      for (const Kind& kind : kKinds) {
        if (kind.narrow() && s.outputs % 16 != 0) continue;
        const double error = error_of(s, kind);
        (kind.narrow() ? largest_narrow : largest) =
            std::fmax(kind.narrow() ? largest_narrow : largest, error);
        ++cases;
        if (error <= (kind.narrow() ? dig::kFloat8OutputTolerance : dig::kFloat8Tolerance))
          continue;
        ++failures;
        std::printf("FAILED %s of [%d, %d, %d] by [.., %d]: relative L2 %g\n", kind.name,
                    static_cast<int>(s.batch), static_cast<int>(s.length),
                    static_cast<int>(s.inner), static_cast<int>(s.outputs), error);
      }
    }
    std::printf("float8: %d cases, largest error %g, of outputs in 8 bits %g\n", cases, largest,
                largest_narrow);
    return failures;
  });
}
