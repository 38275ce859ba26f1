// What a block holds of its segment: sizes, tiles in shared memory, and the class whose phases are
// in gated_linear_attention_gating.cuh, gated_linear_attention_chain.cuh and
// gated_linear_attention_chunked.cuh.
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

/// A warp's tokens in shared memory. Rows of q, k and g are 64 bytes, of v 128.
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
  float step_decay[kSteps][kFastKeySize];  ///< product of the decays of a step
  std::int32_t token[kWarpTokens];         ///< place in row-major order, -1 beyond the end
};

struct BlockTile {
  WarpTile warps[kWarps];
  float warp_decay[kWarps][kFastKeySize];
  float norm_weight[kFastValueSize];
  int ticket;
};
constexpr int kBlocksOfProcessor = 2;
static_assert(kBlocksOfProcessor * (sizeof(BlockTile) + 1024) <= 227 * 1024,
              "shared memory of a multiprocessor");

/// Memory between blocks; each quarter of a state is read and written by one warp of a block. With
/// groups of one, two states per sequence are enough: a state is read before the next one is
/// written, so the one after that may take its place.
struct Chain {
  float4* states;       ///< [sequences][slots][kStateFloats / 4], after each group but the last
  float4* sums;         ///< [sequences][segments][kStateFloats / 4], what a segment adds
  float* decays;        ///< [sequences][segments][kFastKeySize], of a segment
  unsigned* states_at;  ///< [sequences][kWarps], groups whose state is there; zero at first
  unsigned* sums_at;    ///< [sequences][segments][kWarps], 1 if the sum is there; zero at first
  unsigned* ticket;     ///< zero at first
  int segments;         ///< per sequence
  int group;            ///< segments, at most kMaxGroup
  int slots;            ///< states per sequence
};

/// A sequence is one segment.
struct Alone {};

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

  __device__ void start_loads();

  /// Gates the warp's tokens and sums its state, from zero.
  __device__ void gate_and_sum();

  /// Finds each warp's starting state.
  template <typename Others>
  __device__ void scan(const Others& others);

  __device__ void write_outputs();

 private:
  /// The state is kept transposed, as 4 x 4 C fragments of 16 values by 8 keys.
  static constexpr int kKeyTiles = kFastKeySize / 8;
  static constexpr int kTiles = kFastValueSize / 16 * kKeyTiles;
  static constexpr int kQuarter = kTiles / kWarps;
  static constexpr float kScale = 0.17677669529663687f;  // kFastKeySize^-1/2
  /// This warp's quarter of a state.
  using Quarter = float[kQuarter][4];

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
  /// Weights of a step's tokens on its outputs: rows g and g + 8 on tokens 2t and 2t + 1, row g + 8
  /// on tokens 8 + 2t and 9 + 2t (row g has none of those), with g = lane / 4 and t = lane % 4.
  float weights_[kSteps][6];

  /// The two 8-row halves of a 16 x 32 matrix as A fragments; [c] has columns 16c .. 16c + 15.
  __device__ __forceinline__ void load_rows(const uint4* matrix, int row,
                                            std::uint32_t (&a)[2][4]) const {
    const int r = row + lane_ % 16;
    load_blocks(a[0], shared_address(matrix + narrow_at(r, lane_ / 16)));
    load_blocks(a[1], shared_address(matrix + narrow_at(r, lane_ / 16 + 2)));
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

  // gated_linear_attention_gating.cuh
  static __device__ void wait_for_step(int s);
  __device__ void clear_state();
  __device__ void load_bias();
  static __device__ float decay(float x, float exponent);
  __device__ void gate_step(int s);
  static __device__ float2 product(float2 a, float2 b);
  __device__ void multiply_rows(const uint4* a_matrix, const uint4* b_matrix, int row,
                                float (&c)[2][4]) const;
  __device__ void combine_levels(int s, const float (&diagonal)[2][4]);

  // gated_linear_attention_chain.cuh
  __device__ void advance(float (&x)[4], const float* decays, int key_tile,
                          const float (&sum)[4]) const;
  static __device__ void load_quarter(const float4* from, Quarter& x);
  __device__ void publish(float4* to, const Quarter& x, unsigned* flag, unsigned value) const;
  static __device__ void wait_for(const unsigned* flag, unsigned value);
  __device__ void segment_sum(const Quarter (&sums)[kWarps], Quarter& sum, Quarter& decays) const;
  __device__ void publish_sum(const Chain& chain, std::int64_t segment, const Quarter& sum,
                              const Quarter& decays) const;
  __device__ void sum_before(const Chain& chain, std::int64_t first, int count, Quarter& sum,
                             Quarter& decays) const;
  __device__ void take(const Chain& chain, const Quarter (&sums)[kWarps], Quarter& start) const;
  __device__ void take(const Alone&, const Quarter (&)[kWarps], Quarter& start) const;

  // gated_linear_attention_chunked.cuh
  __device__ void load_output_gates();
  __device__ void output_step(int s);
  __device__ void add_state_outputs(int s, float (&o)[8][4]) const;
  static __device__ bool all_finite(const std::uint32_t (&v)[4][4]);
  static __device__ void add_step_outputs(const float (&w)[6], const std::uint32_t (&v)[4][4],
                                          float (&o)[8][4]);
  __device__ void add_step_outputs_one_by_one(int s, const float (&w)[6], float (&o)[8][4]) const;
  __device__ void norm_and_gate(int s, float (&o)[8][4]) const;
  static __device__ float silu(float z);
  __device__ void store(int s, const float (&o)[8][4]);
};

}  // namespace cuda
}  // namespace dig
