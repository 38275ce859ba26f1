// Gated linear attention for any head sizes and element type: the recurrence itself, in fp32.
#pragma once

#include "dig/cuda/tensor_core.cuh"
#include "dig/gated_linear_attention.h"

namespace dig {
namespace cuda {

constexpr int kRecurrentTile = 16;  ///< tokens that are loaded at once

/// exp(logsigmoid(x) / normalizer) in full precision.
__device__ __forceinline__ float decay_precise(float x, float inverse_normalizer) {
  const float log_sigmoid = (x > 0 ? 0.0f : x) - log1pf(expf(-fabsf(x)));
  return expf(log_sigmoid * inverse_normalizer);
}

__device__ __forceinline__ float silu_precise(float z) { return z / (1.0f + expf(-z)); }

/// One block per recurrence; thread j carries column j of the state. kKeys >= key_size.
template <typename T, int kKeys>
__global__ void __launch_bounds__(kMaxHeadSize) gla_recurrent_kernel(const GlaArguments<T> a) {
  __shared__ float q[kRecurrentTile][kKeys];
  __shared__ float k[kRecurrentTile][kKeys];
  __shared__ float decay[kRecurrentTile][kKeys];
  __shared__ float o[kRecurrentTile][kMaxHeadSize];
  const std::int64_t batch = blockIdx.x / a.heads;
  const int head = static_cast<int>(blockIdx.x % a.heads);
  const int column = static_cast<int>(threadIdx.x);
  const float scale = 1.0f / sqrtf(static_cast<float>(a.key_size));
  const float inverse_normalizer = 1.0f / a.gate_normalizer;
  float state[kKeys];
#pragma unroll
  for (int i = 0; i < kKeys; ++i) state[i] = 0;

  for (std::int64_t start = 0; start < a.length; start += kRecurrentTile) {
    const int tokens =
        static_cast<int>(a.length - start < kRecurrentTile ? a.length - start : kRecurrentTile);
    for (int e = column; e < tokens * kKeys; e += static_cast<int>(blockDim.x)) {
      const int t = e / kKeys, i = e % kKeys;
      float qi = 0, ki = 0, di = 1;
      if (i < a.key_size) {
        const T* row = a.packed + (batch * a.length + a.order.token(start + t)) * a.row_stride +
                       head * a.key_size + i;
        qi = Pair<T>::widen(row[0]) * scale;
        ki = Pair<T>::widen(row[a.key_offset()]);
        float gate = Pair<T>::widen(row[a.gate_offset()]);
        if (a.gate_bias != nullptr) gate += Pair<T>::widen(a.gate_bias[head * a.key_size + i]);
        di = decay_precise(gate, inverse_normalizer);
      }
      q[t][i] = qi;
      k[t][i] = ki;
      decay[t][i] = di;
    }
    __syncthreads();
    if (column < a.value_size) {
      for (int t = 0; t < tokens; ++t) {
        const T* row = a.packed + (batch * a.length + a.order.token(start + t)) * a.row_stride;
        const float v = Pair<T>::widen(row[a.value_offset() + head * a.value_size + column]);
        float sum = 0;
#pragma unroll
        for (int i = 0; i < kKeys; ++i) {
          state[i] = decay[t][i] * state[i] + k[t][i] * v;
          sum += q[t][i] * state[i];
        }
        o[t][column] = sum;
      }
    }
    __syncthreads();
    // One warp finishes a token.
    const int lane = column % 32, warps = static_cast<int>(blockDim.x) / 32;
    for (int t = column / 32; t < tokens; t += warps) {
      const std::int64_t token = batch * a.length + a.order.token(start + t);
      float norm = 1;
      if (a.norm_weight != nullptr) {
        float squares = 0;
        for (int j = lane; j < a.value_size; j += 32) squares += o[t][j] * o[t][j];
        for (int d = 16; d > 0; d /= 2) squares += __shfl_xor_sync(0xffffffffu, squares, d);
        norm = 1.0f / sqrtf(squares / static_cast<float>(a.value_size) + a.epsilon);
      }
      for (int j = lane; j < a.value_size; j += 32) {
        float x = o[t][j];
        if (a.norm_weight != nullptr) {
          const float z = Pair<T>::widen(
              a.packed[token * a.row_stride + a.output_gate_offset() + head * a.value_size + j]);
          x *= norm * Pair<T>::widen(a.norm_weight[j]) * silu_precise(z);
        }
        a.output[token * a.output_stride() + head * a.value_size + j] = Pair<T>::narrow(x);
      }
    }
    __syncthreads();
  }
}

}  // namespace cuda
}  // namespace dig
