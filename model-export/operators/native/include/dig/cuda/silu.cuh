#pragma once

namespace dig {
namespace cuda {

/// x / (1 + e^-x); tends to -0 for x to minus infinity and is NaN there and for NaN.
__device__ __forceinline__ float silu(float x) { return __fdividef(x, 1.0f + __expf(-x)); }

}  // namespace cuda
}  // namespace dig
