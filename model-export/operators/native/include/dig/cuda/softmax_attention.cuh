// Softmax attention in one pass over keys and values, with a running maximum and sum per query
// [FlashAttention-2, arXiv 2307.08691], on tensor cores, for 16-bit tensors.
//
// A block of four warps has 128 queries of one head, 32 for each warp: a fragment of keys or values
// that a warp loads from shared memory serves two products. Keys and values come in tiles of kKeys
// tokens, kStages of them in flight. Rows in shared memory have an odd number of 16-byte units, so
// that eight rows meet no bank twice. Beyond the last token copies yield zeros, and scores minus
// infinity.
#pragma once

#include <cmath>

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/tensor_core.cuh"
#include "dig/softmax_attention.h"

namespace dig {
namespace cuda {

constexpr int kAttentionWarps = 4;
constexpr int kAttentionThreads = kAttentionWarps * 32;
constexpr int kWarpQueries = 32;
constexpr int kBlockQueries = kAttentionWarps * kWarpQueries;

/// A tile's rows in shared memory.
template <typename T, int kHead>
struct HeadRows {
  static constexpr int kUnits = kHead / 8;  ///< of 16 bytes
  static constexpr int kStride = (kUnits | 1) * 8;

  /// Copies `kRows` tokens, those from `valid` on as zeros.
  template <int kRows>
  static __device__ __forceinline__ void copy(T* to, const T* from, std::int64_t token_stride,
                                              std::int64_t valid) {
#pragma unroll
    for (int i = 0; i < (kRows * kUnits + kAttentionThreads - 1) / kAttentionThreads; ++i) {
      const int index = i * kAttentionThreads + static_cast<int>(threadIdx.x);
      const int row = index / kUnits, unit = index % kUnits;
      if (kRows * kUnits % kAttentionThreads != 0 && row >= kRows) break;
      const bool inside = row < valid;
      copy_async_16(shared_address(to + row * kStride + unit * 8),
                    from + (inside ? row * token_stride : 0) + unit * 8, inside);
    }
  }
};

template <typename T, int kHead, int kKeys, int kStages>
struct AttentionShared {
  using Rows = HeadRows<T, kHead>;

  T queries[kBlockQueries * Rows::kStride];  ///< and then the outputs
  T keys[kStages][kKeys * Rows::kStride];
  T values[kStages][kKeys * Rows::kStride];
};

/// What a warp keeps of its 32 queries: rows g, g + 8, g + 16 and g + 24 in each thread.
template <typename T, int kHead, int kKeys>
class AttentionWarp {
  using Rows = HeadRows<T, kHead>;
  static constexpr int kStride = Rows::kStride;
  static constexpr int kSteps = kHead / 16;       ///< of 16 elements
  static constexpr bool kTail = kHead % 16 != 0;  ///< and one of 8
  static constexpr int kBlocks = kHead / 8;       ///< of 8 output columns
  static constexpr int kScoreBlocks = kKeys / 8;

 public:
  /// @param queries the warp's rows
  __device__ __forceinline__ AttentionWarp(const T* queries, float scale)
      : scale_(scale), lane_(static_cast<int>(threadIdx.x) % 32) {
#pragma unroll
    for (int m = 0; m < 2; ++m) {
      const T* const row = queries + (m * 16 + lane_ % 16) * kStride + lane_ / 16 * 8;
#pragma unroll
      for (int k = 0; k < kSteps; ++k) load_blocks(q_[m][k], shared_address(row + k * 16));
      if constexpr (kTail) {
        const T* const last = queries + (m * 16 + lane_ % 16) * kStride + kSteps * 16;
        load_two_blocks(q_tail_[m], shared_address(last));
      }
#pragma unroll
      for (int j = 0; j < kBlocks; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) o_[m][j][i] = 0;
      }
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        maximum_[m][r] = -INFINITY;
        sum_[m][r] = 0;
      }
    }
  }

  /// Takes a tile of keys and values, of which the first `valid` exist.
  __device__ __forceinline__ void take(const T* keys, const T* values, std::int64_t valid) {
    float s[2][kScoreBlocks][4];
    score(s, keys);
    if (valid < kKeys) mask(s, static_cast<int>(valid));
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int r = 0; r < 2; ++r) normalize(s[m], m, r);
    }
    add_values(s, values);
  }

  /// Leaves the outputs where the queries were.
  __device__ __forceinline__ void finish(T* rows) {
    __syncwarp();
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        float sum = sum_[m][r];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        const float factor = 1.0f / sum;
        T* const row = rows + (m * 16 + r * 8 + lane_ / 4) * kStride + lane_ % 4 * 2;
#pragma unroll
        for (int j = 0; j < kBlocks; ++j) {
          *reinterpret_cast<std::uint32_t*>(row + j * 8) =
              Pair<T>::pack(o_[m][j][r * 2] * factor, o_[m][j][r * 2 + 1] * factor);
        }
      }
    }
    __syncwarp();
  }

 private:
  /// s = queries keys^T
  __device__ __forceinline__ void score(float (&s)[2][kScoreBlocks][4], const T* keys) {
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int j = 0; j < kScoreBlocks; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) s[m][j][i] = 0;
      }
    }
    const T* const row = keys + (lane_ / 16 * 8 + lane_ % 8) * kStride + lane_ / 8 % 2 * 8;
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
#pragma unroll
      for (int j = 0; j < kScoreBlocks; j += 2) {
        std::uint32_t b[4];
        load_blocks(b, shared_address(row + j * 8 * kStride + k * 16));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          mma_16x8x16<T>(s[m][j], q_[m][k], b[0], b[1]);
          mma_16x8x16<T>(s[m][j + 1], q_[m][k], b[2], b[3]);
        }
      }
    }
    if constexpr (kTail) {
      const T* const last = keys + lane_ * kStride + kSteps * 16;
#pragma unroll
      for (int j = 0; j < kScoreBlocks; j += 4) {
        std::uint32_t b[4];
        load_blocks(b, shared_address(last + j * 8 * kStride));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
#pragma unroll
          for (int i = 0; i < 4; ++i) mma_16x8x8<T>(s[m][j + i], q_tail_[m], b[i]);
        }
      }
    }
  }

  __device__ __forceinline__ void mask(float (&s)[2][kScoreBlocks][4], int valid) {
#pragma unroll
    for (int j = 0; j < kScoreBlocks; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (j * 8 + lane_ % 4 * 2 + i % 2 >= valid) s[0][j][i] = s[1][j][i] = -INFINITY;
      }
    }
  }

  /// Turns a row's scores into weights relative to its maximum so far, and its output so far too.
  __device__ __forceinline__ void normalize(float (&s)[kScoreBlocks][4], int m, int r) {
    float maximum = maximum_[m][r];
#pragma unroll
    for (int j = 0; j < kScoreBlocks; ++j) {
      maximum = fmaxf(maximum, fmaxf(s[j][r * 2], s[j][r * 2 + 1]));
    }
    maximum = fmaxf(maximum, __shfl_xor_sync(0xffffffffu, maximum, 1));
    maximum = fmaxf(maximum, __shfl_xor_sync(0xffffffffu, maximum, 2));
    const float decay = exp2_fast((maximum_[m][r] - maximum) * scale_), offset = maximum * scale_;
    maximum_[m][r] = maximum;
    float sum = sum_[m][r] * decay;
#pragma unroll
    for (int j = 0; j < kScoreBlocks; ++j) {
#pragma unroll
      for (int i = r * 2; i < r * 2 + 2; ++i) {
        s[j][i] = exp2_fast(s[j][i] * scale_ - offset);
        sum += s[j][i];
      }
    }
    sum_[m][r] = sum;
#pragma unroll
    for (int j = 0; j < kBlocks; ++j) {
      o_[m][j][r * 2] *= decay;
      o_[m][j][r * 2 + 1] *= decay;
    }
  }

  /// output += weights values
  __device__ __forceinline__ void add_values(const float (&s)[2][kScoreBlocks][4],
                                             const T* values) {
    const T* const row = values + lane_ % 16 * kStride + lane_ / 16 * 8;
#pragma unroll
    for (int k = 0; k < kScoreBlocks / 2; ++k) {
      std::uint32_t p[2][4];
#pragma unroll
      for (int m = 0; m < 2; ++m) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const float(&block)[4] = s[m][2 * k + i / 2];
          p[m][i] = Pair<T>::pack(block[i % 2 * 2], block[i % 2 * 2 + 1]);
        }
      }
      const T* const at = row + k * 16 * kStride;
#pragma unroll
      for (int j = 0; j + 1 < kBlocks; j += 2) {
        std::uint32_t b[4];
        load_blocks_transposed(b, shared_address(at + j * 8));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          mma_16x8x16<T>(o_[m][j], p[m], b[0], b[1]);
          mma_16x8x16<T>(o_[m][j + 1], p[m], b[2], b[3]);
        }
      }
      if constexpr (kBlocks % 2 != 0) {
        std::uint32_t b[2];
        const T* const last = values + (k * 16 + lane_ % 16) * kStride + (kBlocks - 1) * 8;
        load_two_blocks_transposed(b, shared_address(last));
#pragma unroll
        for (int m = 0; m < 2; ++m) mma_16x8x16<T>(o_[m][kBlocks - 1], p[m], b[0], b[1]);
      }
    }
  }

  const float scale_;  ///< of scores, for powers of 2
  const int lane_;
  std::uint32_t q_[2][kSteps][4], q_tail_[2][2];
  float o_[2][kBlocks][4];
  float maximum_[2][2], sum_[2][2];  ///< the sum over this thread's columns
};

/// @param tiles tiles of queries per head; a block's index is head * tiles + tile
template <typename T, int kHead, int kKeys, int kStages>
__global__ void __launch_bounds__(kAttentionThreads, 2)
    softmax_attention_kernel(const SoftmaxAttentionArguments<T> a, unsigned tiles, float scale) {
  using Rows = HeadRows<T, kHead>;
  let_next_start();
  wait_for_previous();
  extern __shared__ uint4 raw[];
  auto& shared = *reinterpret_cast<AttentionShared<T, kHead, kKeys, kStages>*>(raw);
  const std::int64_t head = blockIdx.x / tiles % a.heads, entry = blockIdx.x / tiles / a.heads;
  const std::int64_t first = std::int64_t{blockIdx.x % tiles} * kBlockQueries;
  const std::int64_t width = a.heads * kHead;
  const T* const queries = a.packed + entry * a.length * 3 * width + head * kHead;
  const T* const keys = queries + width;
  const T* const values = keys + width;
  const int steps = static_cast<int>((a.length + kKeys - 1) / kKeys);
  const auto copy_tile = [&](int step) {
    if (step < steps) {
      const std::int64_t token = std::int64_t{step} * kKeys, valid = a.length - token;
      Rows::template copy<kKeys>(shared.keys[step % kStages], keys + token * 3 * width, 3 * width,
                                 valid);
      Rows::template copy<kKeys>(shared.values[step % kStages], values + token * 3 * width,
                                 3 * width, valid);
    }
    commit_copies();
  };

  Rows::template copy<kBlockQueries>(shared.queries, queries + first * 3 * width, 3 * width,
                                     a.length - first);
#pragma unroll
  for (int step = 0; step < kStages - 1; ++step) copy_tile(step);
  wait_copies<kStages - 2>();
  __syncthreads();
  T* const rows =
      shared.queries + static_cast<int>(threadIdx.x) / 32 * kWarpQueries * Rows::kStride;
  AttentionWarp<T, kHead, kKeys> warp(rows, scale);
  for (int step = 0; step < steps; ++step) {
    if (step > 0) {
      wait_copies<kStages - 2>();
      __syncthreads();  // the tile is here, and the one before has been read
    }
    copy_tile(step + kStages - 1);
    warp.take(shared.keys[step % kStages], shared.values[step % kStages],
              a.length - std::int64_t{step} * kKeys);
  }
  warp.finish(rows);
  const std::int64_t own = first + static_cast<int>(threadIdx.x) / 32 * kWarpQueries;
  for (int i = static_cast<int>(threadIdx.x) % 32; i < kWarpQueries * Rows::kUnits; i += 32) {
    const int row = i / Rows::kUnits, unit = i % Rows::kUnits;
    if (own + row >= a.length) break;
    T* const to = a.output + (entry * a.length + own + row) * width + head * kHead + unit * 8;
    *reinterpret_cast<uint4*>(to) =
        *reinterpret_cast<const uint4*>(rows + row * Rows::kStride + unit * 8);
  }
}

}  // namespace cuda
}  // namespace dig
