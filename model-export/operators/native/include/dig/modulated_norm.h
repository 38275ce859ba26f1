// The memory-bound ends of a DiT or DiG block: adaptive LayerNorm [DiT, arXiv 2212.09748] and the
// gated residual before it.
#pragma once

#include <cstdint>

#include "dig/half.h"

namespace dig {

/// One call of AdaLayerNorm, GatedResidual or GatedAdaLayerNorm. For each token
///
///   sum    = x + modulation[gate] * y                                       (x where y is null)
///   normed = (sum - mean(sum)) / sqrt(var(sum) + epsilon) * modulation[scale] + modulation[shift]
///
/// with the rows of the token's batch entry; `scale` rows hold 1 + scale. Null outputs are not
/// computed. QuantizedAdaLayerNorm is QuantizeTokens of `normed`, which it does not write.
template <typename T>
struct ModulationArguments {
  const T* x;           ///< [batch, length, width]
  const T* y;           ///< like x, or null
  const T* modulation;  ///< [batch, rows, width]
  T* sum;               ///< like x, or null
  T* normed;            ///< like x, or null
  std::int64_t batch;
  std::int64_t length;
  std::int64_t width;
  std::int64_t rows;
  std::int64_t gate;
  std::int64_t shift;
  std::int64_t scale;
  float epsilon;
  Float8* quantized = nullptr;   ///< like x, or null; only for T = Half
  float* token_scale = nullptr;  ///< [batch, length], with `quantized`

  /// Tokens, which are computed independently.
  std::int64_t units() const { return batch * length; }
};

}  // namespace dig
