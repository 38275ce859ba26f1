// The selective scan: a block has kScanGroup channels of one batch entry and both directions, which
// pass over the tokens from either end at the same time. Nothing is chained between blocks, and how
// sums are rounded depends on nothing but the channel and its tokens.
//
//   threads of a direction: kScanGroup channels x 2 halves of their states
//   a chunk of 16 tokens:   prepare (softplus, widened to shared memory) | scan | finish (y, gate)
//
// Where a direction is the first to reach a chunk it leaves its y in the output; the second one
// adds it and gates. So a chunk's tokens are read from memory once by each direction, and the loads
// of the next chunk are in flight while this one is scanned.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/silu.cuh"
#include "dig/selective_scan.h"

namespace dig {
namespace cuda {

constexpr int kScanTokens = 16;             ///< of a chunk
constexpr int kScanGroup = 32;              ///< channels of a block
constexpr int kScanHalf = kScanStates / 2;  ///< states of a thread
constexpr int kScanPack = 8;                ///< elements that a thread prepares and finishes
constexpr int kScanSide = kScanGroup * 2;   ///< threads of a direction
constexpr int kScanThreads = 2 * kScanSide;
/// Packs of B and C that a thread prepares.
constexpr int kScanMatrixPacks = kScanTokens * 2 * kScanStates / kScanPack / kScanSide;
static_assert(kScanTokens * kScanGroup == kScanSide * kScanPack, "a pack for each thread");
static_assert(kScanMatrixPacks * kScanSide * kScanPack == kScanTokens * 2 * kScanStates,
              "whole packs");

/// What the threads of a direction share.
struct ScanTile {
  float2 steps[kScanTokens][kScanGroup];  ///< delta, delta * u
  float4 b[kScanTokens][kScanStates / 4];
  float4 c[kScanTokens][kScanStates / 4];
  float y[kScanTokens][kScanGroup];
};

/// log(1 + e^x)
__device__ __forceinline__ float softplus(float x) {
  const float e = __expf(-fabsf(x));
  // log(1 + e) = 2 artanh(s), s = e / (2 + e) <= 1/3.
  const float s = __fdividef(e, 2.0f + e);
  const float s2 = s * s;
  float p = 2.0f / 11;
  p = fmaf(p, s2, 2.0f / 9);
  p = fmaf(p, s2, 2.0f / 7);
  p = fmaf(p, s2, 2.0f / 5);
  p = fmaf(p, s2, 2.0f / 3);
  p = fmaf(p, s2, 2.0f);
  return fmaf(p, s, fmaxf(x, 0.0f));
}

/// kScanPack elements of a tensor, as they lie in memory, so that they are not waited for before
/// use.
template <typename T, bool kAligned>
struct ScanPack {
  static constexpr int kWords = kScanPack * static_cast<int>(sizeof(T)) / 16;
  union {
    uint4 words[kWords];
    T elements[kScanPack];
  };

  __device__ __forceinline__ ScanPack() { clear(); }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kWords; ++i) words[i] = uint4{0, 0, 0, 0};
  }

  /// The first `count` elements, and zeros; aligned tensors have all or none.
  __device__ __forceinline__ void load(const T* from, std::int64_t count) {
    if constexpr (kAligned) {
      if (count > 0) {
#pragma unroll
        for (int i = 0; i < kWords; ++i) words[i] = reinterpret_cast<const uint4*>(from)[i];
      } else {
        clear();
      }
    } else {
      clear();
#pragma unroll
      for (int i = 0; i < kScanPack; ++i) {
        if (i < count) elements[i] = from[i];
      }
    }
  }

  __device__ __forceinline__ float get(int i) const { return Pair<T>::widen(elements[i]); }

  __device__ __forceinline__ void store(T* to, std::int64_t count) const {
    if constexpr (kAligned) {
      if (count > 0) {
#pragma unroll
        for (int i = 0; i < kWords; ++i) reinterpret_cast<uint4*>(to)[i] = words[i];
      }
    } else {
#pragma unroll
      for (int i = 0; i < kScanPack; ++i) {
        if (i < count) to[i] = elements[i];
      }
    }
  }
};

/// What a thread loads of a chunk.
template <typename T, bool kAligned>
struct ScanLoads {
  ScanPack<T, kAligned> step, u, matrices[kScanMatrixPacks];
};

/// One thread's part of a block.
template <typename T, bool kAligned>
class Scan {
 public:
  using Loaded = ScanPack<T, kAligned>;

  __device__ __forceinline__ Scan(const SelectiveScanArguments<T>& arguments, ScanTile* tiles)
      : a_(arguments),
        direction_(static_cast<int>(threadIdx.x) / kScanSide),
        side_(static_cast<int>(threadIdx.x) % kScanSide),
        tile_(tiles[direction_]),
        step_(direction_ == 0 ? a_.step[0] : a_.step[1]),
        u_(direction_ == 0 ? a_.u[0] : a_.u[1]),
        matrices_(direction_ == 0 ? a_.matrices[0] : a_.matrices[1]),
        chunks_(static_cast<int>((a_.length + kScanTokens - 1) / kScanTokens)) {
    const int groups = static_cast<int>((a_.inner + kScanGroup - 1) / kScanGroup);
    first_token_ = std::int64_t{blockIdx.x} / groups * a_.length;
    group_ = std::int64_t{blockIdx.x} % groups * kScanGroup;
    row_ = side_ / (kScanGroup / kScanPack);
    pack_ = group_ + side_ % (kScanGroup / kScanPack) * kScanPack;
    pack_count_ = a_.inner - pack_;
#pragma unroll
    for (int i = 0; i < kScanPack; ++i) {
      const bool there = i < pack_count_;
      step_bias_[i] = there ? a_.step_bias[direction_ * a_.inner + pack_ + i] : 0.0f;
      skip_[i] = there ? a_.skip[direction_ * a_.inner + pack_ + i] : 0.0f;
    }
    const std::int64_t channel = group_ + side_ / 2;
#pragma unroll
    for (int i = 0; i < kScanHalf; ++i) {
      const int s = side_ % 2 * kScanHalf + i;
      state_[i] = 0;
      rate_[i] = channel < a_.inner
                     ? a_.a[(direction_ * kScanStates + s) * a_.inner + channel] * 1.44269504f
                     : 0.0f;
    }
  }

  __device__ __forceinline__ void run() {
    ScanLoads<T, kAligned> next;
    load(0, next);
    for (int i = 0; i < chunks_; ++i) {
      prepare(next);
      const Loaded u = next.u;
      __syncthreads();
      Loaded z, before;
      const int reached = chunks_ - 1 - i;  // when the other direction reaches this chunk
      if (i > reached) load_last(i, z, before);
      if (i + 1 < chunks_) load(i + 1, next);
      scan();
      __syncthreads();
      if (i != reached) {
        finish(i, u, i > reached, z, before);
        continue;
      }
      if (direction_ == 0) finish(i, u, false, z, before);
      __syncthreads();
      if (direction_ == 1) {
        load_last(i, z, before);
        finish(i, u, true, z, before);
      }
    }
  }

 private:
  /// The place of a row of the i-th chunk among the tokens of the batch entry.
  __device__ __forceinline__ std::int64_t token(int i, int row) const {
    return std::int64_t{direction_ == 0 ? i : chunks_ - 1 - i} * kScanTokens + row;
  }

  /// The row of the tile for a row of the chunk: the scan goes from the first to the last.
  __device__ __forceinline__ int visited(int row) const {
    return direction_ == 0 ? row : kScanTokens - 1 - row;
  }

  __device__ __forceinline__ void load(int i, ScanLoads<T, kAligned>& loads) const {
    const std::int64_t t = token(i, row_);
    const std::int64_t count = t < a_.length ? pack_count_ : 0;
    const std::int64_t at = (first_token_ + t) * a_.inner + pack_;
    loads.step.load(step_ + at, count);
    loads.u.load(u_ + at, count);
#pragma unroll
    for (int p = 0; p < kScanMatrixPacks; ++p) {
      const int row = (p * kScanSide + side_) / 4, column = (p * kScanSide + side_) % 4 * kScanPack;
      const std::int64_t place = token(i, row);
      loads.matrices[p].load(matrices_ + (first_token_ + place) * a_.matrices_width + column,
                             place < a_.length ? kScanPack : 0);
    }
  }

  /// The gate, and what the other direction has left in the output.
  __device__ __forceinline__ void load_last(int i, Loaded& z, Loaded& before) const {
    const std::int64_t t = token(i, row_);
    const std::int64_t count = t < a_.length ? pack_count_ : 0;
    z.load(a_.packed + (first_token_ + t) * 2 * a_.inner + a_.inner + pack_, count);
    before.load(a_.output + (first_token_ + t) * a_.inner + pack_, count);
  }

  __device__ __forceinline__ void prepare(const ScanLoads<T, kAligned>& loads) const {
    const int column = static_cast<int>(pack_ - group_);
    float2* const steps = tile_.steps[visited(row_)] + column;
#pragma unroll
    for (int i = 0; i < kScanPack; ++i) {
      // A token that is not there leaves the states as they are: its u is zero.
      const float delta = softplus(loads.step.get(i) + step_bias_[i]);
      steps[i] = float2{delta, delta * loads.u.get(i)};
    }
#pragma unroll
    for (int p = 0; p < kScanMatrixPacks; ++p) {
      const int row = visited((p * kScanSide + side_) / 4), part = (p * kScanSide + side_) % 4;
      float4* const to = part < 2 ? tile_.b[row] + part * 2 : tile_.c[row] + (part - 2) * 2;
      const Loaded& m = loads.matrices[p];
      to[0] = float4{m.get(0), m.get(1), m.get(2), m.get(3)};
      to[1] = float4{m.get(4), m.get(5), m.get(6), m.get(7)};
    }
  }

  __device__ __forceinline__ void scan() {
    const int half = side_ % 2, channel = side_ / 2;
#pragma unroll 4
    for (int t = 0; t < kScanTokens; ++t) {
      const float2 step = tile_.steps[t][channel];
      const float4 b[2] = {tile_.b[t][half * 2], tile_.b[t][half * 2 + 1]};
      const float4 c[2] = {tile_.c[t][half * 2], tile_.c[t][half * 2 + 1]};
      float y[2] = {0, 0};
#pragma unroll
      for (int i = 0; i < kScanHalf; ++i) {
        const float decay = exp2_fast(step.x * rate_[i]);
        state_[i] = fmaf(decay, state_[i], step.y * at(b, i));
        y[i % 2] = fmaf(state_[i], at(c, i), y[i % 2]);
      }
      const float sum = y[0] + y[1];
      const float both = sum + __shfl_xor_sync(0xffffffffu, sum, 1);
      if (half == 0) tile_.y[t][channel] = both;
    }
  }

  static __device__ __forceinline__ float at(const float4 (&x)[2], int i) {
    const float4& part = x[i / 4];
    return i % 4 == 0 ? part.x : i % 4 == 1 ? part.y : i % 4 == 2 ? part.z : part.w;
  }

  __device__ __forceinline__ void finish(int i, const Loaded& u, bool last, const Loaded& z,
                                         const Loaded& before) const {
    const std::int64_t t = token(i, row_);
    const float* const sums = tile_.y[visited(row_)] + static_cast<int>(pack_ - group_);
    Loaded out;
#pragma unroll
    for (int j = 0; j < kScanPack; ++j) {
      float y = fmaf(skip_[j], u.get(j), sums[j]);
      if (last) y = (y + before.get(j)) * silu(z.get(j));
      out.elements[j] = Pair<T>::narrow(y);
    }
    out.store(a_.output + (first_token_ + t) * a_.inner + pack_, t < a_.length ? pack_count_ : 0);
  }

  const SelectiveScanArguments<T>& a_;
  const int direction_;
  const int side_;  ///< this thread among those of its direction
  ScanTile& tile_;
  const T *const step_, *const u_, *const matrices_;
  const int chunks_;
  std::int64_t first_token_;
  std::int64_t group_;  ///< the block's first channel
  int row_;             ///< of a chunk, that this thread prepares and finishes
  std::int64_t pack_;   ///< its first channel there
  std::int64_t pack_count_;
  float step_bias_[kScanPack];
  float skip_[kScanPack];
  float rate_[kScanHalf];
  float state_[kScanHalf];
};

template <typename T, bool kAligned>
__global__ void __launch_bounds__(kScanThreads)
    selective_scan_kernel(const SelectiveScanArguments<T> a) {
  let_next_start();
  wait_for_previous();
  __shared__ ScanTile tiles[2];
  Scan<T, kAligned>(a, tiles).run();
}

}  // namespace cuda
}  // namespace dig
