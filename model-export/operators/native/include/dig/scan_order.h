// The four orders in which DiG visits a grid of tokens.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define DIG_HOST_DEVICE __host__ __device__
#else
#define DIG_HOST_DEVICE
#endif

namespace dig {

/// Maps the t-th visited token to its place in row-major order.
///   0  row-major          1  row-major, reversed
///   2  column-major       3  column-major, reversed
struct ScanOrder {
  std::int64_t rows;
  std::int64_t columns;
  int direction;

  DIG_HOST_DEVICE bool column_major() const { return (direction & 2) != 0; }
  DIG_HOST_DEVICE bool reversed() const { return (direction & 1) != 0; }

  DIG_HOST_DEVICE std::int64_t token(std::int64_t t) const {
    const std::int64_t step = reversed() ? rows * columns - 1 - t : t;
    return column_major() ? step % rows * columns + step / rows : step;
  }
};

}  // namespace dig
