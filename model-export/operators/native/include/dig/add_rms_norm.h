// The beginning of a DiS block: the residual's sum and its RMSNorm.
#pragma once

#include <cstdint>

namespace dig {

/// One call of the operator. For each token
///
///   sum    = residual + x
///   normed = sum / sqrt(mean(sum^2) + epsilon) * weight
///
/// The residual is in float32 whatever the type of the rest.
template <typename T>
struct AddRmsNormArguments {
  const float* residual;  ///< [tokens, width]
  const T* x;             ///< like residual
  const T* weight;        ///< [width]
  float* sum;             ///< like residual
  T* normed;              ///< like residual
  std::int64_t tokens;
  std::int64_t width;
  float epsilon;

  /// Tokens, which are computed independently.
  std::int64_t units() const { return tokens; }
};

}  // namespace dig
