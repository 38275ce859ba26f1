// The sin-cos embeddings of a denoiser's inputs.
#pragma once

#include <cstdint>

namespace dig {

/// One call of TimestepEmbedding: output = [cos(t f) | sin(t f)] for each timestep t and the
/// frequencies f.
struct TimestepEmbeddingArguments {
  const float* timesteps;    ///< [count]
  const float* frequencies;  ///< [width]
  float* output;             ///< [count, 2 * width]
  std::int64_t count;
  std::int64_t width;
};

/// One call of PositionEmbedding: for the token at (row y, column x) of a grid
///
///   output = [sin(x f) | cos(x f) | sin(y f) | cos(y f)]
///
/// computed in fp64.
struct PositionEmbeddingArguments {
  const double* frequencies;  ///< [width]
  float* output;              ///< [1, rows * columns, 4 * width]
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t width;
};

}  // namespace dig
