#pragma once

#include "dig/cuda/tensor_core.cuh"

namespace dig {
namespace cuda {

/// The tanh approximation of GELU, x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), with the
/// hardware's tanh: off by up to 2^-12 of x, half a unit in the last place of a 16-bit x.
__device__ __forceinline__ float gelu(float x) {
  constexpr float kRoot = 0.7978845608f;
  const float half = 0.5f * x;
  return half + half * tanh_fast(x * (kRoot + kRoot * 0.044715f * x * x));
}

}  // namespace cuda
}  // namespace dig
