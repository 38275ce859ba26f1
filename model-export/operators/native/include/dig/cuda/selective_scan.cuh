// The selective scan: a block has kScanGroup channels of one batch entry and both directions, which
// pass over the tokens from either end at the same time. Nothing is chained between blocks, and how
// sums are rounded depends on nothing but the channel and its tokens.
//
//   threads of a direction: pairs of channels x 4 quarters of their states
//   a chunk of 16 tokens:   prepare (softplus, widened to shared memory) | scan | finish (y, gate)
//
// Where a direction is the first to reach a chunk it leaves its y in the output; the second one
// adds it and gates. Between two barriers a block scans one chunk, prepares the next one and
// finishes the one before; the loads of the one after the next are in flight.
#pragma once

#include "dig/cuda/overlap.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/silu.cuh"
#include "dig/selective_scan.h"

namespace dig {
namespace cuda {

#ifndef DIG_SCAN_POLYNOMIALS
#define DIG_SCAN_POLYNOMIALS 1
#endif
#ifndef DIG_SCAN_GROUP
#define DIG_SCAN_GROUP 32
#endif

constexpr int kScanTokens = 16;                ///< of a chunk
constexpr int kScanGroup = DIG_SCAN_GROUP;     ///< channels of a block
constexpr int kScanQuarter = kScanStates / 4;  ///< states of a thread, for each of its two channels
/// Of these, those whose decay is a polynomial.
constexpr int kScanPolynomials = DIG_SCAN_POLYNOMIALS;
constexpr int kScanPack = 8;  ///< elements that a thread prepares and finishes
constexpr int kScanPacks = kScanGroup / kScanPack;
constexpr int kScanSide = kScanGroup * 2;  ///< threads of a direction
constexpr int kScanThreads = 2 * kScanSide;
/// Packs of B and C that a thread prepares.
constexpr int kScanMatrixPacks = kScanTokens * 2 * kScanStates / kScanPack / kScanSide;
static_assert(kScanTokens * kScanGroup == kScanSide * kScanPack, "a pack for each thread");
static_assert(kScanMatrixPacks * kScanSide * kScanPack == kScanTokens * 2 * kScanStates,
              "whole packs");

/// What the threads of a direction share of a chunk. Rows are padded so that neighbouring ones
/// begin in other banks.
struct ScanTile {
  float4 steps[kScanTokens][kScanGroup / 2 + 4];  ///< delta, delta * u of two channels
  float4 b[kScanTokens][4];
  float4 c[kScanTokens][4];
  float y[kScanTokens][kScanGroup + 8];
};

/// Where a row has the pair of channels 2 * pair in its pack: threads that store or load at the
/// same time find the places in different banks.
__device__ __forceinline__ int scan_place(int pack, int pair) { return pair * kScanPacks + pack; }

/// 2^x for x <= 0 by the pipes that add and multiply: those of ex2 are what the kernel waits for.
__device__ __forceinline__ float exp2_polynomial(float x) {
  const float clamped = fmaxf(x, -126.0f);
  const float shifted = clamped + 12582912.0f;
  const float r = clamped - (shifted - 12582912.0f);
  float p = 1.33397410e-3f;
  p = fmaf(p, r, 9.67017000e-3f);
  p = fmaf(p, r, 5.55036691e-2f);
  p = fmaf(p, r, 2.40222514e-1f);
  p = fmaf(p, r, 6.93147182e-1f);
  p = fmaf(p, r, 1.0f);
  // A NaN is lost in fmaxf, but not in the state: delta * u has it too.
  return __int_as_float(__float_as_int(p) + (__float_as_int(shifted) << 23));
}

/// log(1 + e^x); for the 16-bit types an error of 2^-13 will do.
template <typename T>
__device__ __forceinline__ float softplus(float x) {
  const float e = exp2_fast(-1.44269504f * fabsf(x));
  if constexpr (sizeof(T) == 2) {
    const float log1p = e < 0.01f ? fmaf(-0.5f * e, e, e) : 0.693147181f * log2_fast(1.0f + e);
    return fmaxf(x, 0.0f) + log1p;
  }
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

  /// @param tiles two of each direction
  __device__ __forceinline__ Scan(const SelectiveScanArguments<T>& arguments, ScanTile* tiles)
      : a_(arguments),
        direction_(static_cast<int>(threadIdx.x) / kScanSide),
        side_(static_cast<int>(threadIdx.x) % kScanSide),
        tiles_(tiles + 2 * direction_),
        step_(direction_ == 0 ? a_.step[0] : a_.step[1]),
        u_(direction_ == 0 ? a_.u[0] : a_.u[1]),
        matrices_(direction_ == 0 ? a_.matrices[0] : a_.matrices[1]),
        chunks_(static_cast<int>((a_.length + kScanTokens - 1) / kScanTokens)) {
    const unsigned groups = static_cast<unsigned>((a_.inner + kScanGroup - 1) / kScanGroup);
    first_token_ = std::int64_t{blockIdx.x / groups} * a_.length;
    const std::int64_t group = std::int64_t{blockIdx.x % groups} * kScanGroup;
    row_ = side_ / kScanPacks;
    pack_ = side_ % kScanPacks;
    pack_channel_ = group + pack_ * kScanPack;
    pack_count_ = a_.inner - pack_channel_;
#pragma unroll
    for (int i = 0; i < kScanPack; ++i) {
      const bool there = i < pack_count_;
      step_bias_[i] = there ? a_.step_bias[direction_ * a_.inner + pack_channel_ + i] : 0.0f;
      skip_[i] = there ? a_.skip[direction_ * a_.inner + pack_channel_ + i] : 0.0f;
    }
    quarter_ = side_ % 4;
    pair_ = side_ / 4;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const std::int64_t channel = group + 2 * pair_ + k;
#pragma unroll
      for (int i = 0; i < kScanQuarter; ++i) {
        const int s = quarter_ * kScanQuarter + i;
        state_[k][i] = 0;
        rate_[k][i] = channel < a_.inner
                          ? a_.a[(direction_ * kScanStates + s) * a_.inner + channel] * 1.44269504f
                          : 0.0f;
      }
    }
  }

  __device__ __forceinline__ void run() {
    ScanLoads<T, kAligned> next;
    Loaded u, z, before;
    load(0, next);
    prepare(0, next);
    Loaded u_next = next.u;
    if (chunks_ > 1) load(1, next);
    for (int i = 0; i < chunks_; ++i) {
      __syncthreads();
      if (i > 0) finish(i - 1, u, z, before);
      u = u_next;
      if (is_last(i)) load_last(i, z, before);
      if (i + 1 < chunks_) {
        prepare(i + 1, next);
        u_next = next.u;
        if (i + 2 < chunks_) load(i + 2, next);
      }
      scan(tiles_[i % 2]);
    }
    __syncthreads();
    finish(chunks_ - 1, u, z, before);
  }

 private:
  /// When the other direction scans the chunk that this one scans i-th.
  __device__ __forceinline__ int reached(int i) const { return chunks_ - 1 - i; }

  /// Whether this direction is the second to finish its i-th chunk.
  __device__ __forceinline__ bool is_last(int i) const {
    return i > reached(i) || (i == reached(i) && direction_ == 1);
  }

  /// Whether what the other direction left can be read while this one scans: it was left, and a
  /// barrier has passed since.
  __device__ __forceinline__ bool is_left_early(int i) const { return i >= reached(i) + 2; }

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
    const std::int64_t at = (first_token_ + t) * a_.inner + pack_channel_;
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
    z.load(a_.packed + (first_token_ + t) * 2 * a_.inner + a_.inner + pack_channel_, count);
    if (is_left_early(i)) load_before(i, before);
  }

  __device__ __forceinline__ void load_before(int i, Loaded& before) const {
    const std::int64_t t = token(i, row_);
    before.load(a_.output + (first_token_ + t) * a_.inner + pack_channel_,
                t < a_.length ? pack_count_ : 0);
  }

  __device__ __forceinline__ void prepare(int i, const ScanLoads<T, kAligned>& loads) const {
    ScanTile& tile = tiles_[i % 2];
    float4* const steps = tile.steps[visited(row_)];
#pragma unroll
    for (int k = 0; k < kScanPack / 2; ++k) {
      // A token that is not there leaves the states as they are: its u is zero, and so is the state
      // before the first.
      const float d0 = softplus<T>(loads.step.get(2 * k) + step_bias_[2 * k]);
      const float d1 = softplus<T>(loads.step.get(2 * k + 1) + step_bias_[2 * k + 1]);
      steps[scan_place(pack_, k)] =
          float4{d0, d0 * loads.u.get(2 * k), d1, d1 * loads.u.get(2 * k + 1)};
    }
#pragma unroll
    for (int p = 0; p < kScanMatrixPacks; ++p) {
      const int row = visited((p * kScanSide + side_) / 4), part = (p * kScanSide + side_) % 4;
      float4* const to = part < 2 ? tile.b[row] + part * 2 : tile.c[row] + (part - 2) * 2;
      const Loaded& m = loads.matrices[p];
      to[0] = float4{m.get(0), m.get(1), m.get(2), m.get(3)};
      to[1] = float4{m.get(4), m.get(5), m.get(6), m.get(7)};
    }
  }

  /// Half a chunk at a time: its y are summed across the quarters when all of them are there.
  __device__ __forceinline__ void scan(ScanTile& tile) {
    const int place = scan_place(pair_ / (kScanPack / 2), pair_ % (kScanPack / 2));
    constexpr int kRun = 8;
#pragma unroll 1
    for (int start = 0; start < kScanTokens; start += kRun) {
      float y[kRun][2];
#pragma unroll
      for (int t = 0; t < kRun; ++t) {
        const float4 step = tile.steps[start + t][place];
        const float4 b = tile.b[start + t][quarter_], c = tile.c[start + t][quarter_];
        y[t][0] = advance(0, step.x, step.y, b, c);
        y[t][1] = advance(1, step.z, step.w, b, c);
      }
      // Lanes of quarters 0 and 1 keep the first half of the tokens, then each lane two of four.
      float half[kRun / 2][2];
      const bool upper = (quarter_ & 2) != 0, odd = (quarter_ & 1) != 0;
#pragma unroll
      for (int t = 0; t < kRun / 2; ++t) {
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          const float sent = upper ? y[t][k] : y[t + kRun / 2][k];
          const float kept = upper ? y[t + kRun / 2][k] : y[t][k];
          half[t][k] = kept + __shfl_xor_sync(0xffffffffu, sent, 2);
        }
      }
#pragma unroll
      for (int t = 0; t < kRun / 4; ++t) {
        float out[2];
#pragma unroll
        for (int k = 0; k < 2; ++k) {
          const float sent = odd ? half[t][k] : half[t + kRun / 4][k];
          const float kept = odd ? half[t + kRun / 4][k] : half[t][k];
          out[k] = kept + __shfl_xor_sync(0xffffffffu, sent, 1);
        }
        *reinterpret_cast<float2*>(&tile.y[start + quarter_ * 2 + t][2 * pair_]) =
            float2{out[0], out[1]};
      }
    }
  }

  /// A token of one channel; returns this quarter's part of y.
  __device__ __forceinline__ float advance(int k, float delta, float input, const float4& b,
                                           const float4& c) {
    const float bs[kScanQuarter] = {b.x, b.y, b.z, b.w}, cs[kScanQuarter] = {c.x, c.y, c.z, c.w};
    float y = 0;
#pragma unroll
    for (int i = 0; i < kScanQuarter; ++i) {
      const float exponent = delta * rate_[k][i];
      const float decay =
          k * kScanQuarter + i < kScanPolynomials ? exp2_polynomial(exponent) : exp2_fast(exponent);
      state_[k][i] = fmaf(decay, state_[k][i], input * bs[i]);
      y = i == 0 ? state_[k][i] * cs[i] : fmaf(state_[k][i], cs[i], y);
    }
    return y;
  }

  __device__ __forceinline__ void finish(int i, const Loaded& u, const Loaded& z,
                                         const Loaded& before) const {
    const bool last = is_last(i);
    Loaded left = before;
    if (i == reached(i)) {  // both directions are here
      if (!last) write(i, u, false, z, left);
      __syncthreads();
      if (!last) return;
    }
    if (last && !is_left_early(i)) load_before(i, left);
    write(i, u, last, z, left);
  }

  __device__ __forceinline__ void write(int i, const Loaded& u, bool last, const Loaded& z,
                                        const Loaded& left) const {
    const std::int64_t t = token(i, row_);
    const float* const sums = tiles_[i % 2].y[visited(row_)] + pack_ * kScanPack;
    Loaded out;
#pragma unroll
    for (int j = 0; j < kScanPack; ++j) {
      float y = fmaf(skip_[j], u.get(j), sums[j]);
      if (last) y = (y + left.get(j)) * silu(z.get(j));
      out.elements[j] = Pair<T>::narrow(y);
    }
    out.store(a_.output + (first_token_ + t) * a_.inner + pack_channel_,
              t < a_.length ? pack_count_ : 0);
  }

  const SelectiveScanArguments<T>& a_;
  const int direction_;
  const int side_;         ///< this thread among those of its direction
  ScanTile* const tiles_;  ///< one for the chunks of even number, one for the others
  const T *const step_, *const u_, *const matrices_;
  const int chunks_;
  std::int64_t first_token_;
  int row_;                    ///< of a chunk, that this thread prepares and finishes
  int pack_;                   ///< its pack there
  std::int64_t pack_channel_;  ///< the pack's first channel
  std::int64_t pack_count_;
  int quarter_;  ///< of the states that this thread carries
  int pair_;     ///< of the channels
  float step_bias_[kScanPack];
  float skip_[kScanPack];
  float rate_[2][kScanQuarter];
  float state_[2][kScanQuarter];
};

template <typename T, bool kAligned>
__global__ void __launch_bounds__(kScanThreads)
    selective_scan_kernel(const SelectiveScanArguments<T> a) {
  let_next_start();
  wait_for_previous();
  __shared__ ScanTile tiles[4];
  Scan<T, kAligned>(a, tiles).run();
}

}  // namespace cuda
}  // namespace dig
