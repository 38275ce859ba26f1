// Random numbers on the device for benchmarks.
#pragma once

#include <cstdint>

#include "../tests/device_buffer.h"
#include "dig/half.h"

namespace dig {

/// Numbers of normal size and any sign, from a hash of their place.
__global__ void fill(Half* to, std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  std::uint32_t x =
      static_cast<std::uint32_t>(i) * 2654435761u ^ static_cast<std::uint32_t>(i >> 7);
  x = (x ^ (x >> 15)) * 2246822519u;
  x = (x ^ (x >> 13)) * 3266489917u;
  // Sign, exponent of 2^-4 to 2^-1, and a mantissa.
  to[i].bits =
      static_cast<std::uint16_t>((x >> 16 & 0x8000) | (11 + (x >> 10 & 3)) << 10 | (x & 0x3ff));
}

/// @param count a multiple of 256
inline DeviceBuffer<Half> random_halves(std::int64_t count) {
  DeviceBuffer<Half> memory(static_cast<std::size_t>(count));
  fill<<<static_cast<unsigned>(count / 256), 256>>>(memory.get(), count);
  check(cudaDeviceSynchronize(), "fill");
  return memory;
}

}  // namespace dig
