// Warp-level matrix products and the loads that feed them, as thin names over PTX (sm_80 and
// newer).
//
// Fragments, with lane = 4 * g + t (g = 0..7, t = 0..3):
//   8x8 block of 16-bit numbers: one register, row g, columns 2t and 2t + 1;
//   A 16x16: blocks (rows 0-7, columns 0-7), (8-15, 0-7), (0-7, 8-15), (8-15, 8-15);
//   B 16x8: two blocks of its transpose, so that lane has column g, rows 2t and 2t + 1;
//   C 16x8 of floats: rows g and g + 8, columns 2t and 2t + 1.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "dig/half.h"

namespace dig {
namespace cuda {

/// Two 16-bit numbers in a register.
template <typename T>
struct Pair;

template <>
struct Pair<Half> {
  static __device__ __forceinline__ float2 unpack(std::uint32_t bits) {
    return __half22float2(*reinterpret_cast<const __half2*>(&bits));
  }
  static __device__ __forceinline__ std::uint32_t pack(float low, float high) {
    const __half2 pair = __floats2half2_rn(low, high);
    return *reinterpret_cast<const std::uint32_t*>(&pair);
  }
  static __device__ __forceinline__ float widen(Half x) {
    return __half2float(__ushort_as_half(x.bits));
  }
  static __device__ __forceinline__ Half narrow(float x) {
    return Half{__half_as_ushort(__float2half_rn(x))};
  }
};

template <>
struct Pair<BFloat16> {
  static __device__ __forceinline__ float2 unpack(std::uint32_t bits) {
    return make_float2(__uint_as_float(bits << 16), __uint_as_float(bits & 0xffff0000u));
  }
  static __device__ __forceinline__ std::uint32_t pack(float low, float high) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const std::uint32_t*>(&pair);
  }
  static __device__ __forceinline__ float widen(BFloat16 x) {
    return __uint_as_float(static_cast<std::uint32_t>(x.bits) << 16);
  }
  static __device__ __forceinline__ BFloat16 narrow(float x) {
    return BFloat16{__bfloat16_as_ushort(__float2bfloat16_rn(x))};
  }
};

template <>
struct Pair<float> {
  static __device__ __forceinline__ float widen(float x) { return x; }
  static __device__ __forceinline__ float narrow(float x) { return x; }
};

/// c += A B, 16x16 by 16x8, products of 16-bit numbers summed in fp32.
template <typename T>
__device__ __forceinline__ void mma_16x8x16(float (&c)[4], const std::uint32_t (&a)[4],
                                            std::uint32_t b0, std::uint32_t b1);

template <>
__device__ __forceinline__ void mma_16x8x16<Half>(float (&c)[4], const std::uint32_t (&a)[4],
                                                  std::uint32_t b0, std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <>
__device__ __forceinline__ void mma_16x8x16<BFloat16>(float (&c)[4], const std::uint32_t (&a)[4],
                                                      std::uint32_t b0, std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The same for half of the inner index, 16x8 by 8x8: A's first two blocks and B's first.
template <typename T>
__device__ __forceinline__ void mma_16x8x8(float (&c)[4], const std::uint32_t (&a)[2],
                                           std::uint32_t b);

template <>
__device__ __forceinline__ void mma_16x8x8<Half>(float (&c)[4], const std::uint32_t (&a)[2],
                                                 std::uint32_t b) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
}

template <>
__device__ __forceinline__ void mma_16x8x8<BFloat16>(float (&c)[4], const std::uint32_t (&a)[2],
                                                     std::uint32_t b) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
}

/// c += A B, 16x8 by 8x8, products of fp32 numbers cut to 10 bits of mantissa, summed in fp32.
/// A and B are given with the inner index in pairs: lane has columns 2t and 2t + 1 of A's rows g
/// (a0, a1) and g + 8 (a2, a3), and rows 2t and 2t + 1 of B's column g. The hardware's order of
/// the inner index is another, but a sum has none.
__device__ __forceinline__ void mma_tf32_pairs(float (&c)[4], float a0, float a1, float a2,
                                               float a3, float b0, float b1) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(__float_as_uint(a0)), "r"(__float_as_uint(a2)), "r"(__float_as_uint(a1)),
        "r"(__float_as_uint(a3)), "r"(__float_as_uint(b0)), "r"(__float_as_uint(b1)));
}

__device__ __forceinline__ std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

/// Four 8x8 blocks; lanes 8i .. 8i + 7 give the addresses of the rows of block i.
__device__ __forceinline__ void load_blocks(std::uint32_t (&r)[4], std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}

/// The same, each block transposed.
__device__ __forceinline__ void load_blocks_transposed(std::uint32_t (&r)[4], std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}

/// Two 8x8 blocks; lanes 0 .. 7 and 8 .. 15 give the addresses of their rows.
__device__ __forceinline__ void load_two_blocks(std::uint32_t (&r)[2], std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(row)
               : "memory");
}

/// The same, each block transposed.
__device__ __forceinline__ void load_two_blocks_transposed(std::uint32_t (&r)[2],
                                                           std::uint32_t row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(row)
               : "memory");
}

/// Copies 16 bytes to shared memory, zeros where not `valid`.
__device__ __forceinline__ void copy_async_16(std::uint32_t to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(valid ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Waits for all but the last `kPending` groups of this thread's copies.
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ float log2_fast(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ float tanh_fast(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

}  // namespace cuda
}  // namespace dig
