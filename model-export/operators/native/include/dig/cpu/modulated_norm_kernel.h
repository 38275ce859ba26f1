// AdaLayerNorm, GatedResidual and GatedAdaLayerNorm on the CPU.
#pragma once

#include <cmath>

#include "dig/cpu/blocks.h"
#include "dig/modulated_norm.h"

namespace dig {
namespace DIG_ISA {

/// A block of one row's x + gate * y; elements beyond count keep their values.
template <typename T>
static inline void sum_block(const ModulationArguments<T>& a, std::int64_t row, const T* modulation,
                             std::int64_t start, int count, float* sum) {
  widen(a.x + row * a.width + start, count, sum);
  if (a.y == nullptr) return;
  float y[kBlock] = {}, gate[kBlock] = {};
  widen(a.y + row * a.width + start, count, y);
  widen(modulation + a.gate * a.width + start, count, gate);
  for (int i = 0; i < kBlock; i += kLanes) {
    store(sum + i, load(sum + i) + load(gate + i) * load(y + i));
  }
}

template <typename T>
static inline void normalize_row(const ModulationArguments<T>& a, std::int64_t row,
                                 const T* modulation) {
  const float inverse = 1.0f / static_cast<float>(a.width);
  Vec total = Vec{};
  for_blocks(a.width, [&](std::int64_t start, int count) {
    float block[kBlock] = {};
    sum_block(a, row, modulation, start, count, block);
    for (int i = 0; i < kBlock; i += kLanes) total += load(block + i);
  });
  const float mean = sum(total) * inverse;
  Vec squares = Vec{};
  for_blocks(a.width, [&](std::int64_t start, int count) {
    float block[kBlock] = {};
    sum_block(a, row, modulation, start, count, block);
    for (int i = count; i < kBlock; ++i) block[i] = mean;
    for (int i = 0; i < kBlock; i += kLanes) {
      const Vec d = load(block + i) - mean;
      squares += d * d;
    }
  });
  const float factor = 1.0f / std::sqrt(sum(squares) * inverse + a.epsilon);
  for_blocks(a.width, [&](std::int64_t start, int count) {
    float block[kBlock] = {}, scale[kBlock] = {}, shift[kBlock] = {};
    sum_block(a, row, modulation, start, count, block);
    widen(modulation + a.scale * a.width + start, count, scale);
    widen(modulation + a.shift * a.width + start, count, shift);
    for (int i = 0; i < kBlock; i += kLanes) {
      store(block + i, (load(block + i) - mean) * factor * load(scale + i) + load(shift + i));
    }
    narrow(block, count, a.normed + row * a.width + start);
  });
}

template <typename T>
static inline void modulate(const ModulationArguments<T>& a, std::int64_t first,
                            std::int64_t last) {
  for (std::int64_t row = first; row < last; ++row) {
    const T* modulation = a.modulation + row / a.length * a.rows * a.width;
    if (a.sum != nullptr) {
      for_blocks(a.width, [&](std::int64_t start, int count) {
        float block[kBlock] = {};
        sum_block(a, row, modulation, start, count, block);
        narrow(block, count, a.sum + row * a.width + start);
      });
    }
    if (a.normed != nullptr) normalize_row(a, row, modulation);
  }
}

}  // namespace DIG_ISA
}  // namespace dig
