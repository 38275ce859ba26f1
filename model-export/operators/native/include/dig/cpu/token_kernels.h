// The memory-bound operators on the CPU: rows are worked on in blocks of channels that stay,
// widened to floats, in the first-level cache.
#pragma once

#include <cmath>

#include "dig/cpu/simd.h"
#include "dig/depthwise_conv.h"
#include "dig/modulated_norm.h"
#include "dig/swiglu.h"

namespace dig {
namespace DIG_ISA {

constexpr int kBlock = 64;  ///< channels; a multiple of every vector's length

/// Calls body(start, count) for each block of `width` channels.
template <typename Body>
static inline void for_blocks(std::int64_t width, Body body) {
  for (std::int64_t start = 0; start < width; start += kBlock) {
    body(start, static_cast<int>(width - start < kBlock ? width - start : kBlock));
  }
}

/// A block of one row's x + gate * y; what lies beyond count stays.
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

template <typename T>
static inline void swiglu(const SwiGluArguments<T>& a, std::int64_t first, std::int64_t last) {
  for (std::int64_t token = first; token < last; ++token) {
    const T* row = a.packed + token * 2 * a.width;
    for_blocks(a.width, [&](std::int64_t start, int count) {
      float gate[kBlock] = {}, value[kBlock] = {};
      widen(row + start, count, gate);
      widen(row + a.width + start, count, value);
      for (int i = 0; i < kBlock; i += kLanes) {
        const Vec x = load(gate + i);
        store(value + i, x * sigmoid(x) * load(value + i));
      }
      narrow(value, count, a.output + token * a.width + start);
    });
  }
}

/// Channels [start, start + count) of one output token; `weights` are theirs, kBlock a tap.
template <typename T>
static inline void convolve_token(const DepthwiseConvArguments<T>& a, std::int64_t unit,
                                  std::int64_t column, std::int64_t start, int count,
                                  const float* weights, const float* bias) {
  const std::int64_t pad = a.kernel_size / 2, row = unit % a.rows;
  Vec total[kBlock / kLanes];
  for (int i = 0; i < kBlock / kLanes; ++i) total[i] = load(bias + i * kLanes);
  for (std::int64_t dr = -pad; dr <= pad; ++dr) {
    if (row + dr < 0 || row + dr >= a.rows) continue;
    for (std::int64_t dc = -pad; dc <= pad; ++dc) {
      if (column + dc < 0 || column + dc >= a.columns) continue;
      float x[kBlock] = {};
      widen(a.x + ((unit + dr) * a.columns + column + dc) * a.channels + start, count, x);
      const float* w = weights + ((dr + pad) * a.kernel_size + dc + pad) * kBlock;
      for (int i = 0; i < kBlock / kLanes; ++i) {
        total[i] += load(x + i * kLanes) * load(w + i * kLanes);
      }
    }
  }
  float out[kBlock];
  for (int i = 0; i < kBlock / kLanes; ++i) store(out + i * kLanes, total[i]);
  narrow(out, count, a.output + (unit * a.columns + column) * a.channels + start);
}

template <typename T>
static inline void depthwise_conv(const DepthwiseConvArguments<T>& a, std::int64_t first,
                                  std::int64_t last) {
  const int taps = a.kernel_size * a.kernel_size;
  for_blocks(a.channels, [&](std::int64_t start, int count) {
    float weights[kMaxKernelSize * kMaxKernelSize * kBlock];
    float bias[kBlock] = {};
    for (int tap = 0; tap < taps; ++tap) {
      float* w = weights + tap * kBlock;
      for (int i = 0; i < kBlock; ++i) w[i] = 0;
      widen(a.weight + tap * a.channels + start, count, w);
    }
    widen(a.bias + start, count, bias);
    for (std::int64_t unit = first; unit < last; ++unit) {
      for (std::int64_t column = 0; column < a.columns; ++column) {
        convolve_token(a, unit, column, start, count, weights, bias);
      }
    }
  });
}

}  // namespace DIG_ISA
}  // namespace dig
