// SwiGLU: one thread per pack of elements.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/silu.cuh"
#include "dig/swiglu.h"

namespace dig {
namespace cuda {

constexpr int kSwiGluThreads = 256;

template <typename T, int kCount>
__global__ void __launch_bounds__(kSwiGluThreads) swiglu_kernel(const SwiGluArguments<T> a) {
  let_next_start();
  wait_for_previous();
  const auto packs = static_cast<unsigned>(a.width / kCount);
  const unsigned index = blockIdx.x * kSwiGluThreads + threadIdx.x;
  const std::int64_t token = index / packs;
  if (token >= a.tokens) return;
  const std::int64_t start = std::int64_t{index % packs} * kCount;
  const T* const from = a.packed + token * 2 * a.width + start;
  const Pack<T, kCount> first(from), second(from + a.width);
  float gate[kCount], value[kCount];
  first.widen(gate);
  second.widen(value);
#pragma unroll
  for (int i = 0; i < kCount; ++i) value[i] *= silu(gate[i]);
  Pack<T, kCount>(value).store(a.output + token * a.width + start);
}

}  // namespace cuda
}  // namespace dig
