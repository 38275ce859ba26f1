// Random numbers on the device for benchmarks.
#pragma once

#include <cstdint>

#include "../tests/device_buffer.h"
#include "dig/half.h"

namespace dig {

__device__ inline std::uint32_t hash(std::int64_t i) {
  std::uint32_t x =
      static_cast<std::uint32_t>(i) * 2654435761u ^ static_cast<std::uint32_t>(i >> 7);
  x = (x ^ (x >> 15)) * 2246822519u;
  return (x ^ (x >> 13)) * 3266489917u;
}

/// Numbers of normal size and any sign, from a hash of their place.
__global__ void fill(Half* to, std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const std::uint32_t x = hash(i);
  // Sign, exponent of 2^-4 to 2^-1, and a mantissa.
  to[i].bits =
      static_cast<std::uint16_t>((x >> 16 & 0x8000) | (11 + (x >> 10 & 3)) << 10 | (x & 0x3ff));
}

/// The same in 8 bits, of 2^2 to 2^6. Two of them are a number in 16 bits too.
__global__ void fill(Float8* to, std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const std::uint32_t x = hash(i);
  to[i].bits = static_cast<std::uint8_t>((x >> 24 & 0x80) | (0x48 + (x >> 8 & 0x1f)));
}

template <typename T>
DeviceBuffer<T> random_numbers(std::int64_t count) {
  DeviceBuffer<T> memory(static_cast<std::size_t>(count));
  fill<<<static_cast<unsigned>(count / 256), 256>>>(memory.get(), count);
  check(cudaDeviceSynchronize(), "fill");
  return memory;
}

/// @param count a multiple of 256
inline DeviceBuffer<Half> random_halves(std::int64_t count) { return random_numbers<Half>(count); }
inline DeviceBuffer<Float8> random_float8s(std::int64_t count) {
  return random_numbers<Float8>(count);
}

}  // namespace dig
