// Gated linear attention on tensor cores, for 16-bit tensors with K = 32 and V = 64.
//
// The sequence is cut into *segments* of 256 tokens, one a block; a block's four warps take 64
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
#pragma once

#include "dig/cuda/tensor_core.cuh"
#include "dig/gated_linear_attention.h"

namespace dig {
namespace cuda {

constexpr int kFastKeySize = 32;
constexpr int kFastValueSize = 64;
constexpr int kStep = 16;
constexpr int kSteps = 4;
constexpr int kWarpTokens = kStep * kSteps;
constexpr int kWarps = 4;
constexpr int kSegment = kWarpTokens * kWarps;
constexpr int kStateFloats = kFastKeySize * kFastValueSize;
constexpr int kMaxGroup = 8;  ///< a lane of a warp waits for each

/// What a warp keeps of its tokens. Rows of q, k and g are 64 bytes, of v 128.
struct WarpTile {
  uint4 q[kWarpTokens * 4];  ///< later times the decays since the step's start
  uint4 k[kWarpTokens * 4];  ///< later times the decays until the step's end
  uint4 v[kWarpTokens * 8];  ///< later the output
  /// First the gates and the matrices M_s of one step; then the warp's state as it goes through
  /// the scan, in fragment order; then the output gates.
  union {
    struct {
      uint4 g[kWarpTokens * 4];
      uint4 levels[4][kStep * 4];
    } gating;
    float4 state[kStateFloats / 4];
    uint4 z[kWarpTokens * 8];
  };
  /// Weights of the tokens of a step on its outputs, each lane's own: rows g and g + 8 on tokens
  /// 2t, 2t + 1 and row g + 8 on tokens 8 + 2t, 9 + 2t (row g has none of those).
  float2 weights[kSteps][3][32];
  float step_decay[kSteps][kFastKeySize];  ///< product of the decays of a step
  std::int32_t token[kWarpTokens];         ///< place in row-major order, -1 beyond the end
};

struct BlockTile {
  WarpTile warps[kWarps];
  float warp_decay[kWarps][kFastKeySize];
  float norm_weight[kFastValueSize];
  int ticket;
};
static_assert(2 * (sizeof(BlockTile) + 1024) <= 228 * 1024, "two blocks share a multiprocessor");

/// Memory between blocks; each quarter of a state is read and written by one warp of a block. With
/// groups of one, two states a sequence are enough: a state is read before the next one is written,
/// so the one after may take its place.
struct Chain {
  float4* states;       ///< [sequences][slots][kStateFloats / 4], after each group but the last
  float4* sums;         ///< [sequences][segments][kStateFloats / 4], what a segment adds
  float* decays;        ///< [sequences][segments][kFastKeySize], of a segment
  unsigned* states_at;  ///< [sequences][kWarps], groups whose state is there; zero at first
  unsigned* sums_at;    ///< [sequences][segments][kWarps], 1 if the sum is there; zero at first
  unsigned* ticket;     ///< zero at first
  int segments;         ///< a sequence
  int group;            ///< segments, at most kMaxGroup
  int slots;            ///< states a sequence
};

/// Index of 16-byte chunk `chunk` (0..3) in a matrix of 64-byte rows, such that neither eight rows
/// of one chunk nor row r beside row r + 8 share a bank.
__device__ __forceinline__ int narrow_at(int row, int chunk) {
  const int physical = row ^ ((row >> 3) & 1);
  return physical * 4 + (chunk ^ ((physical >> 1) & 3));
}

/// The same with 128-byte rows, chunk 0..7.
__device__ __forceinline__ int wide_at(int row, int chunk) { return row * 8 + (chunk ^ (row & 7)); }

/// Lane's channels 2c and 2c + 1 of a row, c = 0..15.
__device__ __forceinline__ std::uint32_t* pair_at(uint4* matrix, int row, int c) {
  return reinterpret_cast<std::uint32_t*>(matrix + narrow_at(row, c >> 2)) + (c & 3);
}

template <typename T, bool kNorm>
class Segment {
 public:
  __device__ Segment(const GlaArguments<T>& a, BlockTile& block, int sequence, int index)
      : a_(a),
        block_(block),
        warp_(static_cast<int>(threadIdx.x) / 32),
        lane_(static_cast<int>(threadIdx.x) % 32),
        tile_(block.warps[warp_]),
        sequence_(sequence),
        index_(index),
        head_(sequence % a.heads),
        first_row_(std::int64_t{sequence / a.heads} * a.length) {}

  __device__ void start_loads() {
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
        copy_async_16(shared_address(&tile_.gating.g[at]), head_keys + a_.gate_offset() + row,
                      valid);
        copy_async_16(shared_address(&tile_.v[wide_at(r, chunk)]), head_values + row, valid);
        copy_async_16(shared_address(&tile_.v[wide_at(r, chunk + 4)]), head_values + row + 32,
                      valid);
      }
      commit_copies();
    }
  }

  /// Gates the warp's tokens and sums its state, from zero.
  __device__ void gate_and_sum() {
    load_bias();
    clear_state();
#pragma unroll 1
    for (int s = 0; s < kSteps; ++s) {
      wait_for_step(s);
      gate_step(s);
    }
    if (lane_ < kFastKeySize) {
      float product = 1;
      for (int s = 0; s < kSteps; ++s) product *= tile_.step_decay[s][lane_];
      block_.warp_decay[warp_][lane_] = product;
    }
  }

  /// Finds each warp's starting state. `chained`: there are other segments of this sequence.
  __device__ void scan(const Chain& chain, bool chained, bool last) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      tile_.state[i * 32 + lane_] =
          make_float4(state_[i][0], state_[i][1], state_[i][2], state_[i][3]);
    }
    __syncthreads();
    // This warp scans a quarter of the state's elements over all warps' tokens.
    float start[kQuarter][4];
    if (chained) {
      take_and_publish(chain, last, start);
    } else {
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) start[i][0] = start[i][1] = start[i][2] = start[i][3] = 0;
    }
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
        float4& slot = block_.warps[w].state[(warp_ * kQuarter + i) * 32 + lane_];
        const float4 sum = slot;
        slot = make_float4(start[i][0], start[i][1], start[i][2], start[i][3]);
        advance(start[i], block_.warp_decay[w], i, sum);
      }
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      const float4 x = tile_.state[i * 32 + lane_];
      state_[i][0] = x.x;
      state_[i][1] = x.y;
      state_[i][2] = x.z;
      state_[i][3] = x.w;
    }
    __syncwarp();
  }

  __device__ void write_outputs() {
    if (kNorm) load_output_gates();
#pragma unroll 1
    for (int s = 0; s < kSteps; ++s) output_step(s);
  }

 private:
  /// The state is kept transposed, as 4 x 4 C fragments of 16 values by 8 keys.
  static constexpr int kKeyTiles = kFastKeySize / 8;
  static constexpr int kTiles = kFastValueSize / 16 * kKeyTiles;
  static constexpr int kQuarter = kTiles / kWarps;

  const GlaArguments<T>& a_;
  BlockTile& block_;
  const int warp_;
  const int lane_;
  WarpTile& tile_;
  const int sequence_;
  const int index_;
  const int head_;
  const std::int64_t first_row_;

  float state_[kTiles][4];
  float bias_[2];

  /// Until this warp's copies of steps 0 to s are there.
  static __device__ __forceinline__ void wait_for_step(int s) {
    if (s == 0) {
      wait_copies<3>();
    } else if (s == 1) {
      wait_copies<2>();
    } else if (s == 2) {
      wait_copies<1>();
    } else {
      wait_copies<0>();
    }
    __syncwarp();
  }

  __device__ __forceinline__ void clear_state() {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) state_[i][e] = 0;
    }
  }

  __device__ __forceinline__ void load_bias() {
    bias_[0] = bias_[1] = 0;
    if (a_.gate_bias == nullptr) return;
    const T* bias = a_.gate_bias + head_ * kFastKeySize + lane_ % 16 * 2;
    bias_[0] = Pair<T>::widen(bias[0]);
    bias_[1] = Pair<T>::widen(bias[1]);
  }

  /// exp(logsigmoid(x) / normalizer), `exponent` being -1 / normalizer.
  static __device__ __forceinline__ float decay(float x, float exponent) {
    const float y = x * -1.44269504f;
    const float softplus = log2_fast(1.0f + exp2_fast(y));
    return exp2_fast((y > 64.0f ? y : softplus) * exponent);
  }

  /// x = decay * x + sum, over one fragment of the state whose key tile is `key_tile`.
  __device__ __forceinline__ void advance(float (&x)[4], const float* decays, int key_tile,
                                          float4 sum) const {
    const float2 d = *reinterpret_cast<const float2*>(decays + key_tile * 8 + lane_ % 4 * 2);
    x[0] = d.x * x[0] + sum.x;
    x[1] = d.y * x[1] + sum.y;
    x[2] = d.x * x[2] + sum.z;
    x[3] = d.y * x[3] + sum.w;
  }

  /// Lane's registers hold two channels of the eight tokens 8 * (lane / 16) + i.
  __device__ __forceinline__ void gate_step(int s) {
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
        *pair_at(tile_.gating.levels[level], (upper ? 8 : 0) + i, channel) =
            Pair<T>::pack(m.x, m.y);
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
    std::uint32_t v[4][4];
    load_values(s, v);
    update_state(s, v);
    __syncwarp();  // before the next step writes its levels
  }

  static constexpr float kScale = 0.17677669529663687f;  // kFastKeySize^-1/2

  static __device__ __forceinline__ float2 product(float2 a, float2 b) {
    return make_float2(a.x * b.x, a.y * b.y);
  }

  /// The two 8-row halves of a 16 x 32 matrix as A fragments; [c] has columns 16c .. 16c + 15.
  __device__ __forceinline__ void load_rows(const uint4* matrix, int row,
                                            std::uint32_t (&a)[2][4]) const {
    const int r = row + lane_ % 16;
    load_blocks(a[0], shared_address(matrix + narrow_at(r, lane_ / 16)));
    load_blocks(a[1], shared_address(matrix + narrow_at(r, lane_ / 16 + 2)));
  }

  /// c = A B^T over 32 columns, for 16 rows of both; c[j] has B's rows 8j .. 8j + 7.
  __device__ __forceinline__ void multiply_rows(const uint4* a_matrix, const uint4* b_matrix,
                                                int row, float (&c)[2][4]) const {
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
  __device__ __forceinline__ void combine_levels(int s, const float (&diagonal)[2][4]) {
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
    for (int i = 0; i < 3; ++i) {
      tile_.weights[s][i][lane_] = make_float2(w[2 * i], w[2 * i + 1]);
    }
  }

  /// The step's values transposed, as A fragments: v[i] has values 16i .. 16i + 15.
  __device__ __forceinline__ void load_values(int s, std::uint32_t (&v)[4][4]) const {
    const int row = s * kStep + lane_ % 8 + (lane_ & 16) / 2;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      load_blocks_transposed(v[i],
                             shared_address(tile_.v + wide_at(row, 2 * i + (lane_ >> 3 & 1))));
    }
  }

  /// state = decay of the step * state + v^T k.
  __device__ __forceinline__ void update_state(int s, const std::uint32_t (&v)[4][4]) {
    const int row = s * kStep + lane_ % 16;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t k[4];
      load_blocks_transposed(k, shared_address(tile_.k + narrow_at(row, 2 * half + lane_ / 16)));
#pragma unroll
      for (int n = 0; n < 2; ++n) {
        const int key_tile = 2 * half + n;
        const float2 d =
            *reinterpret_cast<const float2*>(&tile_.step_decay[s][key_tile * 8 + lane_ % 4 * 2]);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          float(&c)[4] = state_[i * kKeyTiles + key_tile];
          c[0] *= d.x;
          c[1] *= d.y;
          c[2] *= d.x;
          c[3] *= d.y;
          mma_16x8x16<T>(c, v[i], k[2 * n], k[2 * n + 1]);
        }
      }
    }
  }

  /// This warp's quarter of a state.
  using Quarter = float[kQuarter][4];

  static __device__ __forceinline__ void load_quarter(const float4* from, Quarter& x) {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      const float4 v = __ldcg(from + i * 32);
      x[i][0] = v.x;
      x[i][1] = v.y;
      x[i][2] = v.z;
      x[i][3] = v.w;
    }
  }

  /// Leaves x at `to` and, when it can be seen, `value` at `flag`.
  __device__ __forceinline__ void publish(float4* to, const Quarter& x, unsigned* flag,
                                          unsigned value) const {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      __stcg(to + i * 32, make_float4(x[i][0], x[i][1], x[i][2], x[i][3]));
    }
    __syncwarp();
    if (lane_ == 0) {
      asm volatile("fence.acq_rel.gpu; st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(value)
                   : "memory");
    }
  }

  static __device__ __forceinline__ void wait_for(const unsigned* flag, unsigned value) {
    unsigned seen;
    while (true) {
      asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");
      if (seen >= value) return;
      __nanosleep(40);
    }
  }

  /// What this segment adds to a quarter of the state, and its decays.
  __device__ __forceinline__ void segment_sum(Quarter& sum, Quarter& decays) const {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        sum[i][e] = 0;
        decays[i][e] = 1;
      }
    }
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
        advance(sum[i], block_.warp_decay[w], i,
                block_.warps[w].state[(warp_ * kQuarter + i) * 32 + lane_]);
        advance(decays[i], block_.warp_decay[w], i, make_float4(0, 0, 0, 0));
      }
    }
  }

  /// Leaves this segment's sum and decays for its group. A warp's fragments have the decays of
  /// every key, so each warp leaves all of them: equal values, to one place.
  __device__ __forceinline__ void publish_sum(const Chain& chain, std::int64_t segment,
                                              const Quarter& sum, const Quarter& decays) const {
    if (lane_ < 4) {
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
        __stcg(reinterpret_cast<float2*>(chain.decays + segment * kFastKeySize + i * 8 + lane_ * 2),
               make_float2(decays[i][0], decays[i][1]));
      }
    }
    publish(chain.sums + segment * (kStateFloats / 4) + warp_ * kQuarter * 32 + lane_, sum,
            chain.sums_at + segment * kWarps + warp_, 1);
  }

  /// Adds up what the segments before this one in its group add; x = decays * x + sum takes the
  /// group's first state to this segment's.
  __device__ __forceinline__ void sum_before(const Chain& chain, std::int64_t first, int count,
                                             Quarter& sum, Quarter& decays) const {
    if (lane_ < count) wait_for(chain.sums_at + (first + lane_) * kWarps + warp_, 1);
    __syncwarp();
#pragma unroll 2
    for (int n = 0; n < count; ++n) {
      const std::int64_t segment = first + n;
      Quarter x;
      load_quarter(chain.sums + segment * (kStateFloats / 4) + warp_ * kQuarter * 32 + lane_, x);
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
        const float2 d = __ldcg(reinterpret_cast<const float2*>(
            chain.decays + segment * kFastKeySize + i * 8 + lane_ % 4 * 2));
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const float decay = e % 2 == 0 ? d.x : d.y;
          sum[i][e] = decay * sum[i][e] + x[i][e];
          decays[i][e] *= decay;
        }
      }
    }
  }

  /// Finds this segment's starting state, and leaves for others what they wait for.
  __device__ __forceinline__ void take_and_publish(const Chain& chain, bool last,
                                                   Quarter& start) const {
    const int group = index_ / chain.group, place = index_ % chain.group;
    const std::int64_t segment = std::int64_t{sequence_} * chain.segments + index_;
    Quarter own_sum, own_decays;
    segment_sum(own_sum, own_decays);
    const bool ends_group = place == chain.group - 1;
    if (!ends_group && !last) publish_sum(chain, segment, own_sum, own_decays);
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) start[i][0] = start[i][1] = start[i][2] = start[i][3] = 0;
    Quarter decays;
#pragma unroll
    for (int i = 0; i < kQuarter; ++i)
      decays[i][0] = decays[i][1] = decays[i][2] = decays[i][3] = 1;
    sum_before(chain, segment - place, place, start, decays);
    float4* const states = chain.states +
                           std::int64_t{sequence_} * chain.slots * (kStateFloats / 4) +
                           warp_ * kQuarter * 32 + lane_;
    unsigned* const states_at = chain.states_at + sequence_ * kWarps + warp_;
    if (group > 0) {
      wait_for(states_at, static_cast<unsigned>(group));
      Quarter before;
      load_quarter(states + (group - 1) % chain.slots * (kStateFloats / 4), before);
#pragma unroll
      for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
        for (int e = 0; e < 4; ++e) start[i][e] += decays[i][e] * before[i][e];
      }
    }
    if (!ends_group || last) return;
    Quarter after;
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) after[i][e] = own_decays[i][e] * start[i][e] + own_sum[i][e];
    }
    publish(states + group % chain.slots * (kStateFloats / 4), after, states_at,
            static_cast<unsigned>(group + 1));
  }

  /// Starts loading z where the state was.
  __device__ __forceinline__ void load_output_gates() {
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

  __device__ __forceinline__ void output_step(int s) {
    float o[8][4] = {};
    add_state_outputs(s, o);
    std::uint32_t v[4][4];
    load_values(s, v);
    float w[6];
#pragma unroll
    for (int i = 0; i < 3; ++i) {
      const float2 pair = tile_.weights[s][i][lane_];
      w[2 * i] = pair.x;
      w[2 * i + 1] = pair.y;
    }
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
  __device__ __forceinline__ void add_state_outputs(int s, float (&o)[8][4]) const {
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
  static __device__ __forceinline__ bool all_finite(const std::uint32_t (&v)[4][4]) {
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
  static __device__ __forceinline__ void add_step_outputs(const float (&w)[6],
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
  __device__ __forceinline__ void add_step_outputs_one_by_one(int s, const float (&w)[6],
                                                              float (&o)[8][4]) const {
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

  __device__ __forceinline__ void norm_and_gate(int s, float (&o)[8][4]) const {
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

  static __device__ __forceinline__ float silu(float z) {
    const float half = 0.5f * z;
    return half * tanh_fast(half) + half;
  }

  /// Through shared memory, so that a token's 128 bytes leave as whole lines.
  __device__ __forceinline__ void store(int s, const float (&o)[8][4]) {
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
        *reinterpret_cast<uint4*>(output + std::int64_t{token} * a_.output_stride() +
                                  lane_ % 8 * 8) = tile_.v[wide_at(r, lane_ % 8)];
      }
    }
  }
};

/// One block a segment; the segments of all sequences advance together.
template <typename T, bool kNorm>
__global__ void __launch_bounds__(kWarps * 32, 2)
    gla_chunked_kernel(const GlaArguments<T> a, const Chain chain, int sequences) {
  extern __shared__ uint4 shared[];
  BlockTile& block = *reinterpret_cast<BlockTile*>(shared);
  if (kNorm && threadIdx.x < kFastValueSize) {
    block.norm_weight[threadIdx.x] = Pair<T>::widen(a.norm_weight[threadIdx.x]);
  }
  int ticket = static_cast<int>(blockIdx.x);
  if (chain.segments > 1) {
    if (threadIdx.x == 0) block.ticket = static_cast<int>(atomicAdd(chain.ticket, 1u));
    __syncthreads();
    ticket = block.ticket;
  }
  const int index = ticket / sequences;
  Segment<T, kNorm> segment(a, block, ticket % sequences, index);
  segment.start_loads();
  segment.gate_and_sum();
  segment.scan(chain, chain.segments > 1, index + 1 == chain.segments);
  segment.write_outputs();
}

}  // namespace cuda
}  // namespace dig
