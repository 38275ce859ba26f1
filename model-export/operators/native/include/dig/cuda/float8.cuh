// Numbers of a token in 8 bits, for one warp.
#pragma once

#include <cuda_fp8.h>

#include <cstdint>

#include "dig/quantization.h"

namespace dig {
namespace cuda {

/// The largest of the lanes of a warp, to each of them.
__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
  return x;
}

template <int kCount>
__device__ __forceinline__ float largest(const float (&x)[kCount], float so_far) {
#pragma unroll
  for (int i = 0; i < kCount; ++i) so_far = fmaxf(so_far, fabsf(x[i]));
  return so_far;
}

__device__ __forceinline__ Float8 quantized(float x) {
  return Float8{__nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3)};
}

/// Eight numbers times `factor`.
__device__ __forceinline__ uint2 quantized(const float (&x)[8], float factor) {
  std::uint32_t words[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const auto pair = [&](int at) -> std::uint32_t {
      return __nv_cvt_float2_to_fp8x2(make_float2(x[at] * factor, x[at + 1] * factor),
                                      __NV_SATFINITE, __NV_E4M3);
    };
    words[i] = pair(4 * i) | pair(4 * i + 2) << 16;
  }
  return make_uint2(words[0], words[1]);
}

}  // namespace cuda
}  // namespace dig
