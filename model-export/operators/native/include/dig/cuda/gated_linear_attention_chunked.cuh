// Gated linear attention on tensor cores, for 16-bit tensors with K = 32 and V = 64.
// The sequence is cut into *segments* of 256 tokens, one per block; a block's four warps take 64
// tokens each, in four *steps* of 16. Everything is read once: a segment stays in shared memory
// while its starting state is found.
//
//   1. Each warp gates its tokens and sums its state as if it began at zero.
//   2. The block finds its starting state from what others left in global memory. Segments form
//      *groups*; the last of a group leaves the state after it, which all of the next group wait
//      for, a chain along the sequence. Within a group each leaves what it alone adds, which takes
//      no waiting, and each adds up those before it, always in the same order: equal calls give
//      equal bits. Blocks take segments in the order of a ticket, so those waited for always run
//      already. Many sequences hide the chain's latency and have groups of one segment.
//   3. Each warp, now with its true starting state, computes outputs step by step.
//
// Decays are only ever multiplied, never divided or raised to a positive power, so no gate can
// overflow. Within a step, with d_m the decay of token m, the weight of token j in output n is
// q_n k_j d_{j+1} ... d_n. For s = 8, 4, 2, 1, the pairs whose highest differing bit is s meet at
// the start of n's aligned block of s tokens: q_n times the decays from there to n, and k_j times
// the decays from j to there. One 16 x 32 matrix M_s holds both (a token is on the q side of level
// s if its bit s is set, else on the k side), and M_s M_s^T has all pairs of level s.
//
// NaN reaches what the recurrence says: the triangular mask is a selection, and a step with a
// value that is not finite takes a scalar path, where no zero meets it.
//
// Here are the third phase and the kernel; gated_linear_attention_gating.cuh has the first,
// gated_linear_attention_chain.cuh the second.
#pragma once

#include "dig/cuda/gated_linear_attention_chain.cuh"
#include "dig/cuda/gated_linear_attention_gating.cuh"
#include "dig/cuda/gated_linear_attention_segment.cuh"
#include "dig/cuda/overlap.cuh"

namespace dig {
namespace cuda {

template <typename T, bool kNorm>
__device__ inline void Segment<T, kNorm>::write_outputs() {
  if (kNorm) load_output_gates();
#pragma unroll
  for (int s = 0; s < kSteps; ++s) output_step(s);
}

/// Starts loading z where the state was.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::load_output_gates() {
  const T* const gates = a_.packed + first_row_ * a_.row_stride + a_.output_gate_offset() +
                         head_ * kFastValueSize + lane_ % 8 * 8;
#pragma unroll 1
  for (int s = 0; s < kSteps; ++s) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int r = s * kStep + i * 4 + lane_ / 8;
      const int token = tile_.token[r];
      copy_async_16(shared_address(&tile_.z[wide_at(r, lane_ % 8)]),
                    gates + std::int64_t{token >= 0 ? token : 0} * a_.row_stride, token >= 0);
    }
  }
  commit_copies();
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::output_step(int s) {
  float o[8][4] = {};
  add_state_outputs(s, o);
  std::uint32_t v[4][4];
  load_values(s, v);
  const float(&w)[6] = weights_[s];
  if (all_finite(v)) {
    add_step_outputs(w, v, o);
  } else {
    add_step_outputs_one_by_one(s, w, o);
  }
  if (s + 1 < kSteps) update_state(s, v);
  if (kNorm) {
    if (s == 0) wait_copies<0>();
    __syncwarp();
    norm_and_gate(s, o);
  }
  __syncwarp();  // v has been read: its place takes the output
  store(s, o);
}

/// o += q S, with q times the decays since the step's start.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::add_state_outputs(int s,
                                                                     float (&o)[8][4]) const {
  std::uint32_t q[2][4];
  load_rows(tile_.q, s * kStep, q);
#pragma unroll
  for (int key_tile = 0; key_tile < kKeyTiles; ++key_tile) {
    const float2 top = Pair<T>::unpack(q[key_tile / 2][key_tile % 2 * 2]);
    const float2 bottom = Pair<T>::unpack(q[key_tile / 2][key_tile % 2 * 2 + 1]);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const float(&c)[4] = state_[j / 2 * kKeyTiles + key_tile];
      mma_tf32_pairs(o[j], top.x, top.y, bottom.x, bottom.y, c[j % 2 * 2], c[j % 2 * 2 + 1]);
    }
  }
}

/// Whether no value of the step is infinite or NaN, for the whole warp.
template <typename T, bool kNorm>
__device__ __forceinline__ bool Segment<T, kNorm>::all_finite(const std::uint32_t (&v)[4][4]) {
  float sum[4] = {};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const float2 x = Pair<T>::unpack(v[i][e]);
      sum[e] += 0.0f * x.x;
      sum[e] += 0.0f * x.y;
    }
  }
  return __all_sync(0xffffffffu, sum[0] + sum[1] + sum[2] + sum[3] == 0.0f);
}

/// o += weights v.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::add_step_outputs(const float (&w)[6],
                                                                    const std::uint32_t (&v)[4][4],
                                                                    float (&o)[8][4]) {
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const float2 first = Pair<T>::unpack(v[j / 2][j % 2]);
    const float2 second = Pair<T>::unpack(v[j / 2][j % 2 + 2]);
    mma_tf32_pairs(o[j], w[0], w[1], w[2], w[3], first.x, first.y);
    mma_tf32_pairs(o[j], 0.0f, 0.0f, w[4], w[5], second.x, second.y);
  }
}

/// The same, token by token, so that what is not finite meets no weight that is zero by the mask.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::add_step_outputs_one_by_one(
    int s, const float (&w)[6], float (&o)[8][4]) const {
  const int g = lane_ / 4;
#pragma unroll 1
  for (int token = 0; token < kStep; ++token) {
    const int source = g * 4 + token % 8 / 2;
    const bool odd = token % 2 != 0;
    const float top0 = __shfl_sync(0xffffffffu, w[0], source);
    const float top1 = __shfl_sync(0xffffffffu, w[1], source);
    const float bottom0 = __shfl_sync(0xffffffffu, token < 8 ? w[2] : w[4], source);
    const float bottom1 = __shfl_sync(0xffffffffu, token < 8 ? w[3] : w[5], source);
    const float top = odd ? top1 : top0, bottom = odd ? bottom1 : bottom0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const auto* words =
          reinterpret_cast<const std::uint32_t*>(tile_.v + wide_at(s * kStep + token, j));
      const float2 v = Pair<T>::unpack(words[lane_ % 4]);
      if (token <= g) {
        o[j][0] += top * v.x;
        o[j][1] += top * v.y;
      }
      if (token <= g + 8) {
        o[j][2] += bottom * v.x;
        o[j][3] += bottom * v.y;
      }
    }
  }
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::norm_and_gate(int s, float (&o)[8][4]) const {
  float squares[2] = {};
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    squares[0] += o[j][0] * o[j][0] + o[j][1] * o[j][1];
    squares[1] += o[j][2] * o[j][2] + o[j][3] * o[j][3];
  }
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    squares[h] += __shfl_xor_sync(0xffffffffu, squares[h], 1);
    squares[h] += __shfl_xor_sync(0xffffffffu, squares[h], 2);
    const float norm = rsqrtf(squares[h] * (1.0f / kFastValueSize) + a_.epsilon);
    const int row = s * kStep + lane_ / 4 + 8 * h;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const auto* words = reinterpret_cast<const std::uint32_t*>(tile_.z + wide_at(row, j));
      const float2 z = Pair<T>::unpack(words[lane_ % 4]);
      const float2 weight =
          *reinterpret_cast<const float2*>(block_.norm_weight + j * 8 + lane_ % 4 * 2);
      o[j][2 * h] *= norm * weight.x * silu(z.x);
      o[j][2 * h + 1] *= norm * weight.y * silu(z.y);
    }
  }
}

template <typename T, bool kNorm>
__device__ __forceinline__ float Segment<T, kNorm>::silu(float z) {
  const float half = 0.5f * z;
  return half * tanh_fast(half) + half;
}

/// Through shared memory, so that a token's 128 bytes leave as whole lines.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::store(int s, const float (&o)[8][4]) {
  const int row = s * kStep + lane_ / 4;
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    reinterpret_cast<std::uint32_t*>(tile_.v + wide_at(row, j))[lane_ % 4] =
        Pair<T>::pack(o[j][0], o[j][1]);
    reinterpret_cast<std::uint32_t*>(tile_.v + wide_at(row + 8, j))[lane_ % 4] =
        Pair<T>::pack(o[j][2], o[j][3]);
  }
  __syncwarp();
  T* const output = a_.output + first_row_ * a_.output_stride() + head_ * kFastValueSize;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int r = s * kStep + i * 4 + lane_ / 8;
    const int token = tile_.token[r];
    if (token >= 0) {
      *reinterpret_cast<uint4*>(output + std::int64_t{token} * a_.output_stride() + lane_ % 8 * 8) =
          tile_.v[wide_at(r, lane_ % 8)];
    }
  }
}

/// A block's shared memory, with what all its warps read.
template <typename T, bool kNorm>
__device__ __forceinline__ BlockTile& block_tile(const GlaArguments<T>& a) {
  extern __shared__ uint4 shared[];
  auto& block = *reinterpret_cast<BlockTile*>(shared);
  if (kNorm && threadIdx.x < kFastValueSize) {
    block.norm_weight[threadIdx.x] = Pair<T>::widen(a.norm_weight[threadIdx.x]);
  }
  return block;
}

/// One block per segment; the segments of all sequences advance together.
template <typename T, bool kNorm>
__global__ void __launch_bounds__(kWarps * 32, kBlocksOfProcessor)
    gla_chunked_kernel(const GlaArguments<T> a, const Chain chain, int sequences) {
  let_next_start();
  wait_for_previous();
  auto& block = block_tile<T, kNorm>(a);
  if (threadIdx.x == 0) block.ticket = static_cast<int>(atomicAdd(chain.ticket, 1u));
  __syncthreads();
  const int ticket = block.ticket;
  Segment<T, kNorm> segment(a, block, ticket % sequences, ticket / sequences);
  segment.start_loads();
  segment.gate_and_sum();
  segment.scan(chain);
  segment.write_outputs();
}

/// One block per sequence of one segment.
template <typename T, bool kNorm>
__global__ void __launch_bounds__(kWarps * 32, kBlocksOfProcessor)
    gla_short_kernel(const GlaArguments<T> a) {
  let_next_start();
  wait_for_previous();
  auto& block = block_tile<T, kNorm>(a);
  Segment<T, kNorm> segment(a, block, static_cast<int>(blockIdx.x), 0);
  segment.start_loads();
  segment.gate_and_sum();
  segment.scan(Alone{});
  segment.write_outputs();
}

}  // namespace cuda
}  // namespace dig
