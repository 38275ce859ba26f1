// SwiGLU [arXiv 2002.05202] of two halves of one tensor.
#pragma once

#include <cstdint>

namespace dig {

/// output = SiLU(packed[:, :width]) * packed[:, width:]
template <typename T>
struct SwiGluArguments {
  const T* packed;  ///< [tokens, 2 * width]
  T* output;        ///< [tokens, width]
  std::int64_t tokens;
  std::int64_t width;

  /// Tokens, which are computed independently.
  std::int64_t units() const { return tokens; }
};

}  // namespace dig
