// Products of tokens with a weight on Hopper's tensor cores (sm_90a), for 16-bit tensors.
//
// A cluster of two blocks makes a tile of 256 tokens by kTile columns, each block 128 tokens of it.
// Of a block's three warpgroups the first copies: stage after stage, 64 of the inner index, its own
// tokens and one half of the weights, which goes to both blocks. The others multiply, 64 tokens
// each, and go through the epilogue on their own; the second starts late, so that one's epilogue
// falls into the other's products. Blocks stay and take tile after tile; copies run ahead across
// tiles.
//
// The tokens are read as they lie, the weights across their rows, which the tensor cores can.
// Beyond the edges copies give zeros, which add nothing, and nothing is stored.
#pragma once

#include "dig/cuda/hopper.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/swiglu.cuh"
#include "dig/projection.h"

namespace dig {
namespace cuda {

constexpr int kClusterBlocks = 2;
constexpr int kBlockTokens = 128;
constexpr int kGroupTokens = 64;  ///< of a warpgroup
constexpr int kInner = 64;        ///< of a stage: 128 bytes, which is what the swizzle spans
constexpr int kLag = 2;           ///< stages that the second warpgroup starts after the first
constexpr int kProjectionThreads = 384;
constexpr int kProjectionShared = 227 * 1024;

template <int kTile>
struct alignas(1024) ProjectionStage {
  static constexpr int kChunks = kTile / 64;

  unsigned char x[kBlockTokens * kInner * 2];
  unsigned char weight[kChunks][kInner * 64 * 2];  ///< 64 columns each
};

/// A warpgroup's residuals, and then its outputs.
template <int kTile>
struct alignas(1024) ProjectionResidual {
  unsigned char chunks[kTile / 64][kGroupTokens * 64 * 2];
};

template <int kTile, bool kResidual>
struct ProjectionShared {
  static constexpr int kStages =
      (kProjectionShared - 2048 - 2 * int{sizeof(ProjectionResidual<kTile>)}) /
      int{sizeof(ProjectionStage<kTile>)};

  ProjectionStage<kTile> stages[kStages];
  ProjectionResidual<kTile> residual[2];
  Barrier full[kStages], empty[kStages];
  Barrier residual_full[2], residual_empty[2];
};

template <int kTile>
struct ProjectionShared<kTile, false> {
  static constexpr int kStages = (kProjectionShared - 2048) / int{sizeof(ProjectionStage<kTile>)};

  ProjectionStage<kTile> stages[kStages];
  Barrier full[kStages], empty[kStages];
};

/// What a launch's copies read and write.
struct ProjectionMaps {
  CUtensorMap x;         ///< in boxes of 128 tokens
  CUtensorMap weight;    ///< in boxes of half a stage
  CUtensorMap residual;  ///< in boxes of 64 tokens, where there is one, as `output`
  CUtensorMap output;
};

/// Where the pipeline of stages is.
template <int kStages>
struct PipelinePlace {
  int stage = 0;
  unsigned parity = 0;

  __device__ __forceinline__ void advance() {
    if (++stage == kStages) {
      stage = 0;
      parity ^= 1;
    }
  }
};

template <typename T, int kTile, Epilogue kEpilogue>
class Projection {
 public:
  static constexpr bool kResidual = kEpilogue == Epilogue::kGated;
  static constexpr int kOutputs = kEpilogue == Epilogue::kSwiGlu ? kTile / 2 : kTile;
  using Shared = ProjectionShared<kTile, kResidual>;

  __device__ Projection(const ProjectionArguments<T>& a, const ProjectionMaps& maps, Shared& shared)
      : a_(a),
        maps_(maps),
        shared_(shared),
        rank_(block_in_cluster()),
        steps_(static_cast<int>((a.inner + kInner - 1) / kInner)),
        outputs_(static_cast<int>(kEpilogue == Epilogue::kSwiGlu ? a.columns / 2 : a.columns)),
        column_tiles_((outputs_ + kOutputs - 1) / kOutputs),
        tiles_(static_cast<int>((a.tokens + kClusterBlocks * kBlockTokens - 1) /
                                (kClusterBlocks * kBlockTokens)) *
               column_tiles_) {}

  static __device__ void init(Shared& shared) {
    for (int stage = 0; stage < Shared::kStages; ++stage) {
      shared.full[stage].init(1);
      shared.empty[stage].init(2 * kClusterBlocks);
    }
    if constexpr (kResidual) {
      for (int group = 0; group < 2; ++group) {
        shared.residual_full[group].init(1);
        shared.residual_empty[group].init(1);
      }
    }
  }

  /// The thread that copies stages.
  __device__ void copy() {
    PipelinePlace<Shared::kStages> at;
    for (int tile = first_tile(); tile < tiles_; tile += tile_stride()) {
      const int token = first_token(tile), column = first_column(tile);
      for (int step = 0; step < steps_; ++step) {
        shared_.empty[at.stage].wait(at.parity ^ 1);
        copy_stage(shared_.stages[at.stage], shared_.full[at.stage], token, column, step * kInner);
        at.advance();
      }
    }
  }

  /// The thread that copies residuals.
  __device__ void copy_residuals() {
    if constexpr (kResidual) {
      unsigned parity = 0;
      for (int tile = first_tile(); tile < tiles_; tile += tile_stride()) {
        for (int group = 0; group < 2; ++group) {
          ProjectionResidual<kTile>& residual = shared_.residual[group];
          Barrier& full = shared_.residual_full[group];
          shared_.residual_empty[group].wait(parity ^ 1);
          full.arrive_and_expect(static_cast<int>(sizeof residual));
          for (int chunk = 0; chunk < kTile / 64; ++chunk) {
            copy_box(residual.chunks[chunk], maps_.residual, first_column(tile) + chunk * 64,
                     first_token(tile) + group * kGroupTokens, full);
          }
        }
        parity ^= 1;
      }
    }
  }

  /// A multiplying warpgroup, 0 or 1.
  __device__ void multiply_tiles(int group) {
    if (group == 1) synchronize(kLagBarrier, 256);
    PipelinePlace<Shared::kStages> at;
    bool first = group == 0;
    unsigned parity = 0;
    for (int tile = first_tile(); tile < tiles_; tile += tile_stride()) {
      float c[kTile / 2];
      multiply_tile(group, first, at, c);
      first = false;
      if constexpr (kResidual) {
        finish_gated(group, parity, c, first_token(tile) + group * kGroupTokens,
                     first_column(tile));
        parity ^= 1;
      } else {
        finish(c, first_token(tile) + group * kGroupTokens + row(), first_column(tile));
      }
    }
    if (first) arrive(kLagBarrier, 256);  // there was no tile
    if (kResidual && threadIdx.x % 128 == 0) wait_stores_read();
  }

 private:
  static constexpr int kLagBarrier = 1;
  static constexpr int kGroupBarrier = 2;  ///< and 3

  __device__ int first_tile() const { return static_cast<int>(blockIdx.x) / kClusterBlocks; }
  __device__ int tile_stride() const { return static_cast<int>(gridDim.x) / kClusterBlocks; }
  __device__ int first_token(int tile) const {
    return (tile / column_tiles_ * kClusterBlocks + static_cast<int>(rank_)) * kBlockTokens;
  }
  __device__ int first_column(int tile) const { return tile % column_tiles_ * kOutputs; }

  /// The first of the two rows of a thread in its warpgroup's sums; the other is 8 further.
  static __device__ __forceinline__ int row() {
    return static_cast<int>(threadIdx.x) % 128 / 32 * 16 + static_cast<int>(threadIdx.x) % 32 / 4;
  }

  __device__ void copy_stage(ProjectionStage<kTile>& stage, Barrier& full, int token, int column,
                             int inner) {
    constexpr std::uint16_t kBoth = 3;
    constexpr int kChunks = ProjectionStage<kTile>::kChunks;
    full.arrive_and_expect(static_cast<int>(sizeof(stage)));
    copy_box(stage.x, maps_.x, inner, token, full);
    const int half = static_cast<int>(rank_) * (kInner / 2);
#pragma unroll
    for (int chunk = 0; chunk < kChunks; ++chunk) {
      const bool right = kEpilogue == Epilogue::kSwiGlu && chunk >= kChunks / 2;
      const int at = column + (right ? outputs_ + (chunk - kChunks / 2) * 64 : chunk * 64);
      copy_box_to(kBoth, stage.weight[chunk] + half * 128, maps_.weight, at, inner + half, full);
    }
  }

  __device__ __forceinline__ void multiply_tile(int group, bool first,
                                                PipelinePlace<Shared::kStages>& at,
                                                float (&c)[kTile / 2]) {
    int last = 0;
    for (int step = 0; step < steps_; ++step) {
      const ProjectionStage<kTile>& stage = shared_.stages[at.stage];
      shared_.full[at.stage].wait(at.parity);
      begin_products();
#pragma unroll
      for (int k = 0; k < kInner / 16; ++k) {
        multiply<T, kTile>(c, operand(stage.x + group * kGroupTokens * 128 + k * 32, 1024, 16),
                           operand(stage.weight[0] + k * 16 * 128, 1024, sizeof stage.weight[0]),
                           step != 0 || k != 0);
      }
      commit_products();
      if (first && step == min(kLag, steps_) - 1) arrive(kLagBarrier, 256);
      if (step == 0) release_residual(group);
      wait_products<1>();
      if (step > 0) release(last);
      last = at.stage;
      at.advance();
    }
    wait_products<0>();
    release(last);
  }

  /// Both blocks' copies write into the stage.
  __device__ __forceinline__ void release(int stage) {
    const unsigned thread = threadIdx.x % 128;
    if (thread < kClusterBlocks) shared_.empty[stage].arrive_at(thread);
  }

  /// Once the tile before has been stored, the next one's residuals may come. Without a tile before
  /// the first phase is complete in this way.
  __device__ __forceinline__ void release_residual(int group) {
    if constexpr (kResidual) {
      if (threadIdx.x % 128 == 0 && stored_) {
        wait_stores_read();
        shared_.residual_empty[group].arrive_at(rank_);
      }
      stored_ = true;
    }
  }

  /// output = residual + gate * product, through shared memory. Everything is loaded before
  /// anything is stored: a load behind a store would wait for it.
  __device__ __forceinline__ void finish_gated(int group, unsigned parity,
                                               const float (&c)[kTile / 2], int first_token,
                                               int column) {
    constexpr int kPairs = kTile / 8;
    ProjectionResidual<kTile>& tile = shared_.residual[group];
    const int quad = static_cast<int>(threadIdx.x) % 4;
    const auto place = [&](int r, int j) {
      const int at_row = row() + r * 8;
      return reinterpret_cast<std::uint32_t*>(tile.chunks[j / 8] + at_row * 128 +
                                              (j % 8 ^ at_row % 8) * 16 + quad * 4);
    };
    std::uint32_t gate[2][kPairs], x[2][kPairs];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const std::int64_t token = min(std::int64_t{first_token + row() + r * 8}, a_.tokens - 1);
      const T* const gates =
          a_.modulation + (token / a_.length * a_.rows + a_.gate) * a_.columns + column + quad * 2;
#pragma unroll
      for (int j = 0; j < kPairs; ++j) {
        const bool inside = column + j * 8 < outputs_;
        gate[r][j] = inside ? __ldg(reinterpret_cast<const std::uint32_t*>(gates + j * 8)) : 0;
      }
    }
    shared_.residual_full[group].wait(parity);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
#pragma unroll
      for (int j = 0; j < kPairs; ++j) x[r][j] = *place(r, j);
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
#pragma unroll
      for (int j = 0; j < kPairs; ++j) {
        const float2 before = Pair<T>::unpack(x[r][j]), factor = Pair<T>::unpack(gate[r][j]);
        *place(r, j) = Pair<T>::pack(before.x + factor.x * c[j * 4 + r * 2],
                                     before.y + factor.y * c[j * 4 + r * 2 + 1]);
      }
    }
    publish_to_copies();
    synchronize(kGroupBarrier + group, 128);
    if (threadIdx.x % 128 == 0) {
#pragma unroll
      for (int chunk = 0; chunk < kTile / 64; ++chunk) {
        store_box(maps_.output, column + chunk * 64, first_token, tile.chunks[chunk]);
      }
      commit_stores();
    }
  }

  /// Each thread turns its columns into eight neighbouring ones in each 32 and stores them.
  __device__ __forceinline__ void finish(const float (&c)[kTile / 2], std::int64_t token,
                                         int first_column) const {
    const int column = first_column + static_cast<int>(threadIdx.x) % 4 * 8;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      T* const output = a_.output + (token + r * 8) * outputs_;
#pragma unroll
      for (int i = 0; i < kOutputs / 32; ++i) {
        std::uint32_t words[4];
#pragma unroll
        for (int b = 0; b < 4; ++b) words[b] = output_pair(c, (i * 4 + b) * 4 + r * 2);
        exchange(words);
        if (token + r * 8 < a_.tokens && column + i * 32 < outputs_) {
          *reinterpret_cast<uint4*>(output + column + i * 32) =
              make_uint4(words[0], words[1], words[2], words[3]);
        }
      }
    }
  }

  static __device__ __forceinline__ std::uint32_t output_pair(const float (&c)[kTile / 2], int i) {
    if constexpr (kEpilogue == Epilogue::kSwiGlu) {
      return Pair<T>::pack(silu(c[i]) * c[kTile / 4 + i], silu(c[i + 1]) * c[kTile / 4 + i + 1]);
    }
    return Pair<T>::pack(c[i], c[i + 1]);
  }

  /// Of four threads in a row, thread t has a word of each of four blocks and gets block t's words
  /// of all four.
  static __device__ __forceinline__ void exchange(std::uint32_t (&w)[4]) {
    const bool odd = threadIdx.x % 2 != 0, high = threadIdx.x % 4 >= 2;
    std::uint32_t u[2][2];
#pragma unroll
    for (int p = 0; p < 2; ++p) {
      const std::uint32_t kept = odd ? w[2 * p + 1] : w[2 * p];
      const std::uint32_t got = __shfl_xor_sync(0xffffffffu, odd ? w[2 * p] : w[2 * p + 1], 1);
      u[p][0] = odd ? got : kept;
      u[p][1] = odd ? kept : got;
    }
#pragma unroll
    for (int s = 0; s < 2; ++s) {
      const std::uint32_t kept = high ? u[1][s] : u[0][s];
      const std::uint32_t got = __shfl_xor_sync(0xffffffffu, high ? u[0][s] : u[1][s], 2);
      w[s] = high ? got : kept;
      w[2 + s] = high ? kept : got;
    }
  }

  const ProjectionArguments<T>& a_;
  const ProjectionMaps& maps_;
  Shared& shared_;
  const unsigned rank_;
  const int steps_;
  const int outputs_;
  const int column_tiles_;
  const int tiles_;
  bool stored_ = false;
};

template <typename T, int kTile, Epilogue kEpilogue>
__global__ void __cluster_dims__(kClusterBlocks, 1, 1) __launch_bounds__(kProjectionThreads, 1)
    projection_kernel(const __grid_constant__ ProjectionMaps maps,
                      const __grid_constant__ ProjectionArguments<T> a) {
  using Kernel = Projection<T, kTile, kEpilogue>;
  extern __shared__ unsigned char raw[];
  auto& shared = *reinterpret_cast<typename Kernel::Shared*>(
      (reinterpret_cast<std::uintptr_t>(raw) + 1023) / 1024 * 1024);
  if (threadIdx.x == 0) {
    Kernel::init(shared);
    publish_barriers();
  }
  synchronize_cluster();
  Kernel kernel(a, maps, shared);
  const int group = static_cast<int>(threadIdx.x) / 128;
  if (group == 0) {
    give_registers<40>();
    if (threadIdx.x == 0) kernel.copy();
    if (threadIdx.x == 32) kernel.copy_residuals();
    __syncwarp();
  } else {
    take_registers<232>();
    kernel.multiply_tiles(group - 1);
  }
  synchronize_cluster();  // the other block may still write here
}

/// Any shape: a thread an output, which counts on the caches.
template <typename T, Epilogue kEpilogue>
__global__ void __launch_bounds__(256) projection_any_kernel(const ProjectionArguments<T> a) {
  const std::int64_t outputs = kEpilogue == Epilogue::kSwiGlu ? a.columns / 2 : a.columns;
  const std::int64_t index = std::int64_t{blockIdx.x} * 256 + threadIdx.x;
  if (index >= a.tokens * outputs) return;
  const std::int64_t token = index / outputs, column = index % outputs;
  const auto product = [&](std::int64_t at) {
    float sum = 0;
    for (std::int64_t k = 0; k < a.inner; ++k) {
      sum +=
          Pair<T>::widen(a.x[token * a.inner + k]) * Pair<T>::widen(a.weight[k * a.columns + at]);
    }
    return sum;
  };
  float result = product(column);
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
