// The two convolutions before the selective scan of a bidirectional Mamba.
#pragma once

#include <cstdint>

namespace dig {

constexpr int kConvTaps = 4;

/// One call of the operator. For each token t and channel, with zeros before the first token and
/// after the last,
///
///   output[0] = SiLU(bias[0] + sum over i of weight[0, i] * x[t - 3 + i])
///   output[1] = SiLU(bias[1] + sum over i of weight[1, i] * x[t + i])
///
/// where x is the first half of a row of `packed`.
template <typename T>
struct BidirectionalConvArguments {
  const T* packed;  ///< [batch, length, 2 * inner]
  const T* weight;  ///< [2, 4, inner]
  const T* bias;    ///< [2, inner]
  T* output[2];     ///< [batch, length, inner] each
  std::int64_t batch;
  std::int64_t length;
  std::int64_t inner;

  /// Runs of tokens, which are computed independently.
  static constexpr std::int64_t kRun = 32;
  std::int64_t runs() const { return (length + kRun - 1) / kRun; }
  std::int64_t units() const { return batch * runs(); }
};

}  // namespace dig
