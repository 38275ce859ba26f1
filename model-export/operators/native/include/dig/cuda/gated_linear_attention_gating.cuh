// The first phase of gated_linear_attention_chunked.cuh: a segment's tokens are loaded, gated and
// summed up from zero.
#pragma once

#include "dig/cuda/gated_linear_attention_segment.cuh"

namespace dig {
namespace cuda {

template <typename T, bool kNorm>
__device__ inline void Segment<T, kNorm>::start_loads() {
  for (int r = lane_; r < kWarpTokens; r += 32) {
    const std::int64_t t = std::int64_t{index_} * kSegment + warp_ * kWarpTokens + r;
    tile_.token[r] = t < a_.length ? static_cast<std::int32_t>(a_.order.token(t)) : -1;
  }
  __syncwarp();
  const T* const head_keys = a_.packed + first_row_ * a_.row_stride + head_ * kFastKeySize;
  const T* const head_values =
      a_.packed + first_row_ * a_.row_stride + a_.value_offset() + head_ * kFastValueSize;
  const int chunk = lane_ % 4;
#pragma unroll 1
  for (int s = 0; s < kSteps; ++s) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int r = s * kStep + half * 8 + lane_ / 4;
      const int token = tile_.token[r];
      const bool valid = token >= 0;
      const std::int64_t row = std::int64_t{valid ? token : 0} * a_.row_stride + chunk * 8;
      const int at = narrow_at(r, chunk);
      copy_async_16(shared_address(&tile_.q[at]), head_keys + row, valid);
      copy_async_16(shared_address(&tile_.k[at]), head_keys + a_.key_offset() + row, valid);
      copy_async_16(shared_address(&tile_.gating.g[at]), head_keys + a_.gate_offset() + row, valid);
      copy_async_16(shared_address(&tile_.v[wide_at(r, chunk)]), head_values + row, valid);
      copy_async_16(shared_address(&tile_.v[wide_at(r, chunk + 4)]), head_values + row + 32, valid);
    }
    commit_copies();
  }
}

template <typename T, bool kNorm>
__device__ inline void Segment<T, kNorm>::gate_and_sum() {
  load_bias();
#pragma unroll
  for (int s = 0; s < kSteps; ++s) {
    wait_for_step(s);
    gate_step(s);
  }
  clear_state();
#pragma unroll 1
  for (int s = 0; s < kSteps; ++s) {
    std::uint32_t v[4][4];
    load_values(s, v);
    update_state(s, v);
  }
  __syncwarp();  // the state takes the place of the gates
  if (lane_ < kFastKeySize) {
    float product = 1;
    for (int s = 0; s < kSteps; ++s) product *= tile_.step_decay[s][lane_];
    block_.warp_decay[warp_][lane_] = product;
  }
}

/// Until this warp's copies of steps 0 to s are there.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::wait_for_step(int s) {
  const int pending = kSteps - 1 - s;
  if (pending == 3) {
    wait_copies<3>();
  } else if (pending == 2) {
    wait_copies<2>();
  } else if (pending == 1) {
    wait_copies<1>();
  } else {
    wait_copies<0>();
  }
  __syncwarp();
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::clear_state() {
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) state_[i][e] = 0;
  }
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::load_bias() {
  bias_[0] = bias_[1] = 0;
  if (a_.gate_bias == nullptr) return;
  const T* bias = a_.gate_bias + head_ * kFastKeySize + lane_ % 16 * 2;
  bias_[0] = Pair<T>::widen(bias[0]);
  bias_[1] = Pair<T>::widen(bias[1]);
}

/// exp(logsigmoid(x) / normalizer), `exponent` being -1 / normalizer.
template <typename T, bool kNorm>
__device__ __forceinline__ float Segment<T, kNorm>::decay(float x, float exponent) {
  const float y = x * -1.44269504f;
  const float softplus = log2_fast(1.0f + exp2_fast(y));
  return exp2_fast((y > 64.0f ? y : softplus) * exponent);
}

/// Lane's registers hold two channels of the eight tokens 8 * (lane / 16) + i.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::gate_step(int s) {
  const int channel = lane_ % 16;
  const bool upper = lane_ >= 16;
  const int row = s * kStep + (upper ? 8 : 0);
  float2 p[8], q[8], k[8];
  const float exponent = -1.0f / a_.gate_normalizer;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const float2 g = Pair<T>::unpack(*pair_at(tile_.gating.g, row + i, channel));
    p[i].x = decay(g.x + bias_[0], exponent);
    p[i].y = decay(g.y + bias_[1], exponent);
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    q[i] = Pair<T>::unpack(*pair_at(tile_.q, row + i, channel));
    k[i] = Pair<T>::unpack(*pair_at(tile_.k, row + i, channel));
    q[i].x *= kScale;
    q[i].y *= kScale;
  }
  float diagonal[2][4];
  multiply_rows(tile_.q, tile_.k, s * kStep, diagonal);

  // p[i]: decays from the start of i's aligned block to i; x[i]: decays from i to its end.
  float2 x[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) x[i] = make_float2(1, 1);
#pragma unroll
  for (int level = 0; level < 3; ++level) {
    const int size = 1 << level;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const bool right = (i & size) != 0;
      const float2 m = right ? product(q[i], p[i]) : level == 0 ? k[i] : product(k[i], x[i]);
      *pair_at(tile_.gating.levels[level], (upper ? 8 : 0) + i, channel) = Pair<T>::pack(m.x, m.y);
    }
    // Each half of a block of twice the size reaches over the other half.
    float2 left_total[4], right_total[4];
#pragma unroll
    for (int b = 0; b < 8 / (2 * size); ++b) {
      left_total[b] = p[b * 2 * size + size - 1];
      right_total[b] = p[b * 2 * size + 2 * size - 1];
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      if ((i & size) != 0) {
        p[i] = product(p[i], left_total[i / (2 * size)]);
      } else {
        x[i] = product(x[i], right_total[i / (2 * size)]);
      }
    }
  }
  const float2 other = make_float2(__shfl_xor_sync(0xffffffffu, p[7].x, 16),
                                   __shfl_xor_sync(0xffffffffu, p[7].y, 16));
  const float2 one = make_float2(1, 1);
  const float2 before = upper ? other : one, after = upper ? one : other;
  if (!upper) {
    *reinterpret_cast<float2*>(&tile_.step_decay[s][channel * 2]) = product(p[7], other);
  }
  __syncwarp();  // multiply_rows has read q and k
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const float2 qp = product(q[i], p[i]), kx = product(k[i], x[i]);
    const float2 m = upper ? qp : kx;
    *pair_at(tile_.gating.levels[3], (upper ? 8 : 0) + i, channel) = Pair<T>::pack(m.x, m.y);
    const float2 from_start = product(qp, before), to_end = product(kx, after);
    *pair_at(tile_.q, row + i, channel) = Pair<T>::pack(from_start.x, from_start.y);
    *pair_at(tile_.k, row + i, channel) = Pair<T>::pack(to_end.x, to_end.y);
  }
  __syncwarp();
  combine_levels(s, diagonal);
  __syncwarp();  // before the next step writes its levels
}

template <typename T, bool kNorm>
__device__ __forceinline__ float2 Segment<T, kNorm>::product(float2 a, float2 b) {
  return make_float2(a.x * b.x, a.y * b.y);
}

/// c = A B^T over 32 columns, for 16 rows of both; c[j] has B's rows 8j .. 8j + 7.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::multiply_rows(const uint4* a_matrix,
                                                                 const uint4* b_matrix, int row,
                                                                 float (&c)[2][4]) const {
  std::uint32_t a[2][4], b[2][4];
  load_rows(a_matrix, row, a);
  load_rows(b_matrix, row, b);
#pragma unroll
  for (int j = 0; j < 2; ++j) {
    c[j][0] = c[j][1] = c[j][2] = c[j][3] = 0;
    mma_16x8x16<T>(c[j], a[0], b[0][j], b[0][j + 2]);
    mma_16x8x16<T>(c[j], a[1], b[1][j], b[1][j + 2]);
  }
}

/// The step's triangular weights from the diagonal (still without scale) and the levels.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::combine_levels(int s,
                                                                  const float (&diagonal)[2][4]) {
  const int g = lane_ / 4, t = lane_ % 4;
  float w[6];
#pragma unroll
  for (int e = 0; e < 2; ++e) {
    const bool on = g == 2 * t + e;
    w[e] = on ? diagonal[0][e] * kScale : 0.0f;
    w[4 + e] = on ? diagonal[1][2 + e] * kScale : 0.0f;
  }
#pragma unroll
  for (int level = 0; level < 3; ++level) {
    std::uint32_t m[2][4];
    load_rows(tile_.gating.levels[level], 0, m);
    float c[2][4] = {};
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      mma_16x8x16<T>(c[j], m[0], m[0][j], m[0][j + 2]);
      mma_16x8x16<T>(c[j], m[1], m[1][j], m[1][j + 2]);
    }
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      const int column = 2 * t + e;
      const bool on = g > column && (g ^ column) >> level == 1;
      w[e] = on ? c[0][e] : w[e];
      w[4 + e] = on ? c[1][2 + e] : w[4 + e];
    }
  }
  std::uint32_t m[2][4];
  load_rows(tile_.gating.levels[3], 0, m);
  float c[4] = {};
  mma_16x8x16<T>(c, m[0], m[0][0], m[0][2]);
  mma_16x8x16<T>(c, m[1], m[1][0], m[1][2]);
  w[2] = c[2];
  w[3] = c[3];
#pragma unroll
  for (int i = 0; i < 6; ++i) weights_[s][i] = w[i];
}

}  // namespace cuda
}  // namespace dig
