#pragma once

namespace dig {
namespace cuda {

/// The sum over the lanes of a warp, to each of them.
template <typename Number>
__device__ __forceinline__ Number warp_sum(Number x) {
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) x += __shfl_xor_sync(0xffffffffu, x, lane);
  return x;
}

}  // namespace cuda
}  // namespace dig
