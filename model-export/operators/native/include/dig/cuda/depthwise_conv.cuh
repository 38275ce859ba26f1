// Depthwise convolution on tokens. Neighbouring threads have neighbouring channels, so every
// access is whole lines, whatever the grid's width.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/depthwise_conv.h"

namespace dig {
namespace cuda {

constexpr int kConvThreads = 128;
constexpr int kConvChannels = 4;  ///< per thread
constexpr int kConvRows = 2;      ///< rows of outputs per thread of the 3 x 3 kernel

/// The 3 x 3 kernel: a thread walks along `strip` columns of two rows, so that each element is
/// widened once for the six products that it takes part in.
template <typename T>
__global__ void __launch_bounds__(kConvThreads)
    depthwise_conv_3x3_kernel(const DepthwiseConvArguments<T> a, int strip) {
  let_next_start();
  wait_for_previous();
  constexpr int kC = kConvChannels;
  const int rows = static_cast<int>(a.rows), columns = static_cast<int>(a.columns);
  const auto packs = static_cast<unsigned>(a.channels / kC);
  const auto strips = static_cast<unsigned>((columns + strip - 1) / strip);
  const auto row_groups = static_cast<unsigned>((rows + kConvRows - 1) / kConvRows);
  unsigned index = blockIdx.x * kConvThreads + threadIdx.x;
  const std::int64_t channel = std::int64_t{index % packs} * kC;
  index /= packs;
  const int first_column = static_cast<int>(index % strips) * strip;
  index /= strips;
  const int first_row = static_cast<int>(index % row_groups) * kConvRows;
  const std::int64_t batch = index / row_groups;
  if (batch >= a.batch) return;
  const int last_column = min(first_column + strip, columns);
  const T* const x = a.x + batch * rows * columns * a.channels + channel;
  T* const output = a.output + batch * rows * columns * a.channels + channel;

  float weight[3][3][kC], bias[kC];
#pragma unroll
  for (int i = 0; i < 3; ++i) {
#pragma unroll
    for (int j = 0; j < 3; ++j) {
      Pack<T, kC>(a.weight + (i * 3 + j) * a.channels + channel).widen(weight[i][j]);
    }
  }
  Pack<T, kC>(a.bias + channel).widen(bias);

  const auto load_column = [&](int column, Pack<T, kC>(&packs_of)[kConvRows + 2]) {
#pragma unroll
    for (int r = 0; r < kConvRows + 2; ++r) {
      const int row = first_row + r - 1;
      if (row >= 0 && row < rows && column >= 0 && column < columns) {
        packs_of[r] = Pack<T, kC>(x + (std::int64_t{row} * columns + column) * a.channels);
      } else {
        packs_of[r].word = {};
      }
    }
  };

  // left, middle: the outputs of the column before and of the column itself, as far as they are.
  float left[kConvRows][kC], middle[kConvRows][kC];
#pragma unroll
  for (int r = 0; r < kConvRows; ++r) {
#pragma unroll
    for (int c = 0; c < kC; ++c) left[r][c] = middle[r][c] = bias[c];
  }
  Pack<T, kC> next[kConvRows + 2];
  load_column(first_column - 1, next);
  for (int column = first_column - 1; column <= last_column; ++column) {
    float in[kConvRows + 2][kC];
#pragma unroll
    for (int r = 0; r < kConvRows + 2; ++r) next[r].widen(in[r]);
    if (column < last_column) load_column(column + 1, next);
#pragma unroll
    for (int r = 0; r < kConvRows; ++r) {
      float right[kC];
#pragma unroll
      for (int c = 0; c < kC; ++c) {
        right[c] = bias[c];
#pragma unroll
        for (int i = 0; i < 3; ++i) {
          left[r][c] += weight[i][2][c] * in[r + i][c];
          middle[r][c] += weight[i][1][c] * in[r + i][c];
          right[c] += weight[i][0][c] * in[r + i][c];
        }
      }
      if (column > first_column && first_row + r < rows) {
        Pack<T, kC>(left[r]).store(output + (std::int64_t{first_row + r} * columns + column - 1) *
                                                a.channels);
      }
#pragma unroll
      for (int c = 0; c < kC; ++c) {
        left[r][c] = middle[r][c];
        middle[r][c] = right[c];
      }
    }
  }
}

/// Any kernel size and channels: one thread per output.
template <typename T>
__global__ void __launch_bounds__(kConvThreads)
    depthwise_conv_any_kernel(const DepthwiseConvArguments<T> a) {
  let_next_start();
  wait_for_previous();
  const std::int64_t index = std::int64_t{blockIdx.x} * kConvThreads + threadIdx.x;
  if (index >= a.batch * a.rows * a.columns * a.channels) return;
  const std::int64_t channel = index % a.channels, token = index / a.channels;
  const std::int64_t column = token % a.columns, row = token / a.columns % a.rows;
  const std::int64_t pad = a.kernel_size / 2;
  float total = Pair<T>::widen(a.bias[channel]);
  for (std::int64_t dr = -pad; dr <= pad; ++dr) {
    if (row + dr < 0 || row + dr >= a.rows) continue;
    for (std::int64_t dc = -pad; dc <= pad; ++dc) {
      if (column + dc < 0 || column + dc >= a.columns) continue;
      const std::int64_t tap = (dr + pad) * a.kernel_size + dc + pad;
      total += Pair<T>::widen(a.weight[tap * a.channels + channel]) *
               Pair<T>::widen(a.x[(token + dr * a.columns + dc) * a.channels + channel]);
    }
  }
  a.output[index] = Pair<T>::narrow(total);
}

}  // namespace cuda
}  // namespace dig
