// Vectors of floats in GCC's and Clang's vector extension: one source for every instruction set.
// A file that includes this is compiled once per instruction set, with DIG_ISA naming its
// namespace, so that no inline function of one set can be linked into another.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "dig/half.h"

#ifndef DIG_ISA
#error "define DIG_ISA as the name of the instruction set that this file is compiled for"
#endif

namespace dig {
namespace DIG_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * sizeof(float))));
typedef std::int32_t VecInt __attribute__((vector_size(kLanes * sizeof(float))));

static inline Vec splat(float x) { return x - Vec{}; }

static inline Vec load(const float* p) {
  Vec x;
  std::memcpy(&x, p, sizeof x);
  return x;
}

static inline void store(float* p, Vec x) { std::memcpy(p, &x, sizeof x); }

static inline Vec select(VecInt condition, Vec yes, Vec no) { return condition ? yes : no; }

static inline Vec abs(Vec x) {
  return reinterpret_cast<Vec>(reinterpret_cast<VecInt>(x) & 0x7fffffff);
}

/// e^x for x <= 0, relative error below 2e-7; 0 where the result would be denormal, NaN for NaN.
static inline Vec exp_nonpositive(Vec x) {
  const Vec clamped = select(x < -87.0f, splat(-87.0f), x);
  // The magic number 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const Vec shifted = clamped * 1.44269504f + 12582912.0f;
  const Vec n = shifted - 12582912.0f;
  const Vec r = (clamped - n * 0.693145752f) - n * 1.42860677e-6f;
  Vec p = splat(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  typedef std::uint32_t Bits __attribute__((vector_size(kLanes * sizeof(float))));
  const Bits exponent = (reinterpret_cast<Bits>(shifted) + 127u) << 23;
  return select(x < -87.0f, splat(0.0f), p * reinterpret_cast<Vec>(exponent));
}

/// 2^x for x <= 0, relative error below 2e-7 and far less near 0; never below 2^-126, NaN for NaN.
static inline Vec exp2_nonpositive(Vec x) {
  const Vec clamped = select(x < -126.0f, splat(-126.0f), x);
  const Vec shifted = clamped + 12582912.0f;
  const Vec r = clamped - (shifted - 12582912.0f);
  Vec p = splat(1.54035304e-4f);
  p = p * r + 1.33335581e-3f;
  p = p * r + 9.61812911e-3f;
  p = p * r + 5.55041087e-2f;
  p = p * r + 2.40226507e-1f;
  p = p * r + 6.93147181e-1f;
  p = p * r + 1.0f;
  typedef std::uint32_t Bits __attribute__((vector_size(kLanes * sizeof(float))));
  const Bits exponent = (reinterpret_cast<Bits>(shifted) + 127u) << 23;
  return p * reinterpret_cast<Vec>(exponent);
}

/// log(1 + e) for 0 <= e <= 1, absolute error below 1e-7.
static inline Vec log1p_unit(Vec e) {
  // log(1 + e) = 2 artanh(s), s = e / (2 + e) <= 1/3.
  const Vec s = e / (e + 2.0f);
  const Vec s2 = s * s;
  Vec p = splat(2.0f / 13);
  p = p * s2 + 2.0f / 11;
  p = p * s2 + 2.0f / 9;
  p = p * s2 + 2.0f / 7;
  p = p * s2 + 2.0f / 5;
  p = p * s2 + 2.0f / 3;
  p = p * s2 + 2.0f;
  return p * s;
}

/// log(1 / (1 + e^-x)), never above 0.
static inline Vec log_sigmoid(Vec x) {
  const Vec log1p = log1p_unit(exp_nonpositive(-abs(x)));
  return select(x > 0.0f, splat(0.0f), x) - log1p;
}

static inline Vec sigmoid(Vec x) {
  const Vec e = exp_nonpositive(-abs(x));
  return select(x < 0.0f, e, splat(1.0f)) / (e + 1.0f);
}

static inline float sum(Vec x) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += x[i];
  return total;
}

static inline float to_float(float x) { return x; }

static inline float to_float(Half h) {
#if defined(__F16C__)
  return _cvtsh_ss(h.bits);
#else
  const std::uint32_t sign = (h.bits & 0x8000u) << 16;
  const std::uint32_t magnitude = h.bits & 0x7fffu;
  std::uint32_t bits;
  float x;
  if (magnitude >= 0x7c00u) {  // infinity or NaN
    bits = sign | 0x7f800000u | (magnitude & 0x3ffu) << 13;
    std::memcpy(&x, &bits, sizeof x);
    return x;
  }
  // Moving the exponent by a multiplication is exact and serves denormals too.
  bits = magnitude << 13;
  std::memcpy(&x, &bits, sizeof x);
  x *= 0x1p112f;
  return sign ? -x : x;
#endif
}

static inline void from_float(float x, float* out) { *out = x; }

static inline void from_float(float x, Half* out) {
#if defined(__F16C__)
  out->bits = static_cast<std::uint16_t>(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT));
#else
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  std::uint32_t result;
  if (magnitude > 0x7f800000u) {
    result = 0x7e00u;  // NaN
  } else if (magnitude >= 0x477ff000u) {
    result = 0x7c00u;  // rounds to infinity
  } else if (magnitude >= 0x38800000u) {
    const std::uint32_t rebased = magnitude - 0x38000000u;
    result = (rebased + 0xfffu + (rebased >> 13 & 1u)) >> 13;
  } else {
    // A float whose unit in the last place is that of a denormal half does the rounding.
    float small;
    std::memcpy(&small, &magnitude, sizeof small);
    small += 0.5f;
    std::memcpy(&result, &small, sizeof result);
    result -= 0x3f000000u;
  }
  out->bits = static_cast<std::uint16_t>(sign | result);
#endif
}

/// count elements of a tensor to floats.
static inline void widen(const float* in, int count, float* out) {
  std::memcpy(out, in, sizeof(float) * static_cast<std::size_t>(count));
}

static inline void widen(const Half* in, int count, float* out) {
  int i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
  }
#endif
  for (; i < count; ++i) out[i] = to_float(in[i]);
}

/// count floats to elements of a tensor, rounded to nearest even.
static inline void narrow(const float* in, int count, float* out) {
  std::memcpy(out, in, sizeof(float) * static_cast<std::size_t>(count));
}

static inline void narrow(const float* in, int count, Half* out) {
  int i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), halves);
  }
#endif
  for (; i < count; ++i) from_float(in[i], out + i);
}

}  // namespace DIG_ISA
}  // namespace dig
