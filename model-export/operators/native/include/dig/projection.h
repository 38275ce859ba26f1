// Products of tokens with a weight, with what follows them in a block.
#pragma once

#include <cstdint>

#include "dig/half.h"

namespace dig {

/// One call of a projection of operands in `In`. With p = x weight + bias, [tokens, columns],
/// summed in fp32,
///
///   Projection, BiasProjection            output = p
///   GeluProjection                        output = gelu(p), in its tanh approximation
///   SwiGluProjection                      output = silu(left half of p) * right half of p,
///                                         [tokens, columns / 2]
///   GatedProjection, GatedBiasProjection  output = residual + modulation[gate] * p
///
/// with the row `gate` of the token's batch entry, and no bias where the name has none.
///
/// The Quantized… ones of the same names have operands in 8 bits: x weight is then the product of
/// x_scale x and weight weight_scale. GELU and SwiGLU then have outputs in 8 bits too, so scaled
/// that the largest of a token's block of columns is 448.
template <typename T, typename In = T>
struct ProjectionArguments {
  const In* x;       ///< [tokens, inner]
  const In* weight;  ///< [inner, columns]; [columns, inner] in 8 bits
  const T* bias;     ///< [columns], or null
  T* output;
  std::int64_t tokens;
  std::int64_t inner;
  std::int64_t columns;

  // only for the gated ones
  const T* residual;    ///< [tokens, columns]
  const T* modulation;  ///< [tokens / length, rows, columns]
  std::int64_t length;  ///< tokens per batch entry
  std::int64_t rows;
  std::int64_t gate;

  // only in 8 bits
  const float* x_scale;       ///< [tokens, scales]
  std::int64_t scales;        ///< 1, or scale_blocks(inner); only the gated ones have more than 1
  const float* weight_scale;  ///< [columns]
  Float8* numbers;            ///< with GELU and SwiGLU instead of output, [tokens, its columns]
  float* scale;               ///< [tokens, scale_blocks(its columns)]
};

/// Elements of a token that have one scale, where a token has several.
constexpr std::int64_t kScaleBlock = 128;

constexpr std::int64_t scale_blocks(std::int64_t width) {
  return (width + kScaleBlock - 1) / kScaleBlock;
}

/// What follows the product.
enum class Epilogue { kNone, kGelu, kSwiGlu, kGated };

/// Columns of the output.
template <typename T, typename In>
std::int64_t output_columns(Epilogue epilogue, const ProjectionArguments<T, In>& a) {
  return epilogue == Epilogue::kSwiGlu ? a.columns / 2 : a.columns;
}

}  // namespace dig
