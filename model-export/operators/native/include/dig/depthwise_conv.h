// Depthwise convolution of a token grid, in the tokens' own layout.
#pragma once

#include <cstdint>

namespace dig {

/// Cross-correlation of each channel with its kernel, zero padding of kernel_size / 2:
///   output[r, c] = bias + sum over i, j of weight[i, j] * x[r + i - pad, c + j - pad]
template <typename T>
struct DepthwiseConvArguments {
  const T* x;       ///< [batch, rows, columns, channels]
  const T* weight;  ///< [kernel_size, kernel_size, channels]
  const T* bias;    ///< [channels]
  T* output;        ///< like x
  std::int64_t batch;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t channels;
  int kernel_size;  ///< odd

  /// Rows of grids, which are computed independently.
  std::int64_t units() const { return batch * rows; }
};

/// Kernels up to this size are served.
constexpr int kMaxKernelSize = 15;

}  // namespace dig
