// GroupNorm of images whose channels lie side by side, with SiLU after it.
#pragma once

#include <cstdint>

namespace dig {

/// One call of GroupNormSiLU: for the channel c of group g of image n,
///
///   output[n, i, c] = silu((x[n, i, c] - mean[n, g]) / sqrt(variance[n, g] + epsilon) * gamma[c] +
///                          beta[c])
///
/// with mean and variance over the cells and the channels of the group (arXiv 1803.08494).
template <typename T>
struct GroupNormArguments {
  const T* x;      ///< [batch, cells, channels]
  const T* gamma;  ///< [channels]
  const T* beta;   ///< [channels]
  T* output;       ///< [batch, cells, channels]
  std::int64_t batch;
  std::int64_t cells;
  std::int64_t channels;
  std::int64_t groups;  ///< divides channels
  float epsilon;
};

}  // namespace dig
