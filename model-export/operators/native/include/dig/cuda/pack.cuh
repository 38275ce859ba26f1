// Neighbouring elements of a tensor, loaded and stored together, and processed as floats.
#pragma once

#include <cstdint>

#include "dig/cuda/tensor_core.cuh"

namespace dig {
namespace cuda {

template <int kBytes>
struct Word;
template <>
struct Word<2> {
  using Type = std::uint16_t;
};
template <>
struct Word<4> {
  using Type = std::uint32_t;
};
template <>
struct Word<8> {
  using Type = uint2;
};
template <>
struct Word<16> {
  using Type = uint4;
};

/// kCount elements of T, as they lie in memory.
template <typename T, int kCount>
union Pack {
  typename Word<kCount* static_cast<int>(sizeof(T))>::Type word;
  T elements[kCount];

  __device__ __forceinline__ Pack() {}

  __device__ __forceinline__ explicit Pack(const T* from)
      : word(__ldg(reinterpret_cast<const decltype(word)*>(from))) {}

  __device__ __forceinline__ explicit Pack(const float (&x)[kCount]) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) elements[i] = Pair<T>::narrow(x[i]);
  }

  __device__ __forceinline__ void widen(float (&x)[kCount]) const {
#pragma unroll
    for (int i = 0; i < kCount; ++i) x[i] = Pair<T>::widen(elements[i]);
  }

  __device__ __forceinline__ void store(T* to) const {
    *reinterpret_cast<decltype(word)*>(to) = word;
  }
};

/// Elements of 16 bytes.
template <typename T>
constexpr int kWide = 16 / static_cast<int>(sizeof(T));

}  // namespace cuda
}  // namespace dig
