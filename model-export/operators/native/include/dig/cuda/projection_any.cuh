// The projections for every shape and GPU, slow.
#pragma once

#include "dig/cuda/gelu.cuh"
#include "dig/cuda/swiglu.cuh"
#include "dig/projection.h"

namespace dig {
namespace cuda {

/// Any shape: one thread per output, relying on the caches.
template <typename T, Epilogue kEpilogue>
__global__ void __launch_bounds__(256) projection_any_kernel(const ProjectionArguments<T> a) {
  const std::int64_t outputs = kEpilogue == Epilogue::kSwiGlu ? a.columns / 2 : a.columns;
  const std::int64_t index = std::int64_t{blockIdx.x} * 256 + threadIdx.x;
  if (index >= a.tokens * outputs) return;
  const std::int64_t token = index / outputs, column = index % outputs;
  const auto product = [&](std::int64_t at) {
    float sum = a.bias == nullptr ? 0 : Pair<T>::widen(a.bias[at]);
    for (std::int64_t k = 0; k < a.inner; ++k) {
      sum +=
          Pair<T>::widen(a.x[token * a.inner + k]) * Pair<T>::widen(a.weight[k * a.columns + at]);
    }
    return sum;
  };
  float result = product(column);
  if (kEpilogue == Epilogue::kGelu) result = gelu(result);
  if (kEpilogue == Epilogue::kSwiGlu) result = silu(result) * product(outputs + column);
  if (kEpilogue == Epilogue::kGated) {
    const std::int64_t row = token / a.length * a.rows + a.gate;
    result = Pair<T>::widen(a.residual[index]) +
             Pair<T>::widen(a.modulation[row * a.columns + column]) * result;
  }
  a.output[index] = Pair<T>::narrow(result);
}

}  // namespace cuda
}  // namespace dig
