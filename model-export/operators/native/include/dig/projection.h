// Products of tokens with a weight, with what follows them in a block.
#pragma once

#include <cstdint>

namespace dig {

/// One call of Projection, SwiGluProjection or GatedProjection. With p = x weight, [tokens,
/// columns], summed in fp32,
///
///   Projection        output = p
///   SwiGluProjection  output = silu(left half of p) * right half of p, [tokens, columns / 2]
///   GatedProjection   output = residual + modulation[gate] * p
///
/// with the row `gate` of the token's batch entry.
template <typename T>
struct ProjectionArguments {
  const T* x;       ///< [tokens, inner]
  const T* weight;  ///< [inner, columns]
  T* output;
  std::int64_t tokens;
  std::int64_t inner;
  std::int64_t columns;

  // only for GatedProjection
  const T* residual;    ///< [tokens, columns]
  const T* modulation;  ///< [tokens / length, rows, columns]
  std::int64_t length;  ///< tokens per batch entry
  std::int64_t rows;
  std::int64_t gate;
};

/// What follows the product.
enum class Epilogue { kNone, kSwiGlu, kGated };

/// Columns of the output.
template <typename T>
std::int64_t output_columns(Epilogue epilogue, const ProjectionArguments<T>& a) {
  return epilogue == Epilogue::kSwiGlu ? a.columns / 2 : a.columns;
}

}  // namespace dig
