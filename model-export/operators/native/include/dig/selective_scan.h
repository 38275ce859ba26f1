// The selective scan of a bidirectional Mamba [arXiv 2312.00752], as every DiS block uses it.
#pragma once

#include <cstdint>

namespace dig {

/// Numbers in the state of a channel.
constexpr int kScanStates = 16;

/// Channels that a CPU unit has.
constexpr int kScanChannels = 64;

/// One call of the operator. For each batch entry, channel and direction, with the tokens from
/// first to last in direction 0 and from last to first in direction 1,
///
///   delta_t = softplus(step_t + step_bias)
///   h_t     = exp(delta_t * a) * h_{t-1} + delta_t * u_t * B_t          (16 numbers)
///   y_t     = sum(C_t * h_t) + skip * u_t
///
/// and output = (y of direction 0 + y of direction 1) * SiLU(z). A row of `matrices` begins with B
/// and C; z is the second half of a row of `packed`.
template <typename T>
struct SelectiveScanArguments {
  const T* packed;         ///< [batch, length, 2 * inner]
  const T* u[2];           ///< [batch, length, inner] each
  const T* step[2];        ///< [batch, length, inner] each
  const T* matrices[2];    ///< [batch, length, matrices_width] each
  const float* a;          ///< [2, 16, inner], never positive
  const float* skip;       ///< [2, inner]
  const float* step_bias;  ///< [2, inner]
  T* output;               ///< [batch, length, inner]
  std::int64_t batch;
  std::int64_t length;
  std::int64_t inner;
  std::int64_t matrices_width;

  /// Blocks of channels, which are computed independently.
  std::int64_t units() const { return batch * blocks(); }
  std::int64_t blocks() const { return (inner + kScanChannels - 1) / kScanChannels; }
};

}  // namespace dig
