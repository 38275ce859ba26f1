// Random inputs of the kernel tests, and the distance that they are judged by.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "dig/gated_linear_attention.h"
#include "dig/half.h"

namespace dig {

/// Relative L2, of tolerances.properties.
constexpr double kFloatTolerance = DIG_TOLERANCE_fp32;
constexpr double kHalfTolerance = DIG_TOLERANCE_fp16;
constexpr double kBFloat16Tolerance = DIG_TOLERANCE_bf16;
constexpr double kFloat8Tolerance = DIG_TOLERANCE_fp8;
constexpr double kFloat8OutputTolerance = DIG_TOLERANCE_fp8output;

struct Case {
  std::int64_t batch, rows, columns;
  int heads, key_size, value_size, direction;
  bool bias, norm;
  float gate_scale;

  std::string name() const {
    return "B=" + std::to_string(batch) + " grid " + std::to_string(rows) + "x" +
           std::to_string(columns) + " H=" + std::to_string(heads) +
           " K=" + std::to_string(key_size) + " V=" + std::to_string(value_size) + " direction " +
           std::to_string(direction) + (bias ? " bias" : "") + (norm ? " norm" : "") + " gates x" +
           std::to_string(gate_scale);
  }
};

/// The tensors of one case, exact in the 16-bit types too.
struct Tensors {
  std::vector<float> packed, bias, weight;
  GlaArguments<float> arguments;

  explicit Tensors(const Case& c) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    // Eight bits of mantissa or fewer, unless the scale has more.
    const auto draw = [&](float scale) {
      return std::fmin(std::fmax(std::round(normal(random) * 32.0f), -127.0f), 127.0f) / 32.0f *
             scale;
    };
    GlaArguments<float>& a = arguments;
    a = {};
    a.batch = c.batch;
    a.length = c.rows * c.columns;
    a.heads = c.heads;
    a.key_size = c.key_size;
    a.value_size = c.value_size;
    a.order = {c.rows, c.columns, c.direction};
    a.gate_normalizer = 16;
    a.epsilon = 1e-6f;
    a.row_stride = 3 * a.key_offset() + (c.norm ? 2 : 1) * a.output_stride();
    packed.resize(static_cast<std::size_t>(a.batch * a.length * a.row_stride));
    for (std::size_t i = 0; i < packed.size(); ++i) {
      packed[i] = draw(is_gate(i) ? c.gate_scale : 1.0f);
    }
    for (std::int64_t i = 0; c.bias && i < a.key_offset(); ++i) bias.push_back(draw(1));
    for (int i = 0; c.norm && i < a.value_size; ++i) weight.push_back(draw(1));
    a.packed = packed.data();
    a.gate_bias = c.bias ? bias.data() : nullptr;
    a.norm_weight = c.norm ? weight.data() : nullptr;
  }
  Tensors(const Tensors&) = delete;

  bool is_gate(std::size_t i) const {
    const std::int64_t column = static_cast<std::int64_t>(i) % arguments.row_stride;
    return column >= arguments.gate_offset() && column < arguments.output_gate_offset();
  }

  void set_gates(float value) {
    for (std::size_t i = 0; i < packed.size(); ++i) {
      if (is_gate(i)) packed[i] = value;
    }
  }
};

inline void convert(const std::vector<float>& from, std::vector<float>& to) { to = from; }

inline void convert(const std::vector<float>& from, std::vector<Half>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const _Float16 half = static_cast<_Float16>(from[i]);
    std::memcpy(&to[i], &half, sizeof half);
  }
}

inline void convert(const std::vector<Half>& from, std::vector<float>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    _Float16 half;
    std::memcpy(&half, &from[i], sizeof half);
    to[i] = static_cast<float>(half);
  }
}

/// Cuts the mantissa: inputs are exact, and NaN stays NaN.
inline void convert(const std::vector<float>& from, std::vector<BFloat16>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, &from[i], sizeof bits);
    to[i].bits = static_cast<std::uint16_t>(bits >> 16);
  }
}

inline void convert(const std::vector<BFloat16>& from, std::vector<float>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(from[i].bits) << 16;
    std::memcpy(&to[i], &bits, sizeof bits);
  }
}

/// |actual - expected| / |expected|, infinite where any element is NaN.
inline double distance(const std::vector<float>& actual, const std::vector<float>& expected) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(actual[i]) || std::isnan(expected[i])) return INFINITY;
    difference += std::pow(double(actual[i]) - double(expected[i]), 2);
    norm += std::pow(double(expected[i]), 2);
  }
  return norm == 0 ? std::sqrt(difference) : std::sqrt(difference / norm);
}

}  // namespace dig
