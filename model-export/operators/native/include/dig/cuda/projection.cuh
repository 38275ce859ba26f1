// Products of tokens with a weight on Hopper's tensor cores (sm_90a), for 16-bit tensors and for
// operands in 8 bits.
//
// A cluster of two blocks makes a tile of 256 tokens by kTile columns, each block 128 tokens of it.
// Of a block's three warpgroups the first one copies, stage after stage: for 128 bytes of the
// inner index its own tokens and one half of the weights, which goes to both blocks. The others
// multiply, 64 tokens each, and go through the epilogue on their own; the second starts late, so
// that one's epilogue falls into the other's products. Blocks stay and take tile after tile; copies
// run ahead across tiles.
//
// The tokens are read as they lie, 16-bit weights across their rows, which the tensor cores can. In
// 8 bits they cannot, so such weights lie with their columns' inner index together.
// Beyond the edges copies yield zeros, which add nothing, and nothing is stored.
#pragma once

#include "dig/cuda/hopper.cuh"
#include "dig/cuda/overlap.cuh"
#include "dig/cuda/projection_epilogue.cuh"
#include "dig/cuda/projection_tile.cuh"
#include "dig/projection.h"

namespace dig {
namespace cuda {

/// @tparam kBlocks whether a token has a scale for each kScaleBlock of the inner index
template <typename T, typename In, int kTile, Epilogue kEpilogue, bool kBias, bool kBlocks>
class Projection {
  static_assert(!kBias || kEpilogue != Epilogue::kSwiGlu, "has no bias");

 public:
  static constexpr bool kQuantized = sizeof(In) == 1;
  static constexpr bool kNarrow =
      kQuantized && (kEpilogue == Epilogue::kSwiGlu || kEpilogue == Epilogue::kGelu);
  static constexpr int kStep = kInner<In>;
  static constexpr bool kResidual = kEpilogue == Epilogue::kGated;
  static constexpr int kOutputs = kEpilogue == Epilogue::kSwiGlu ? kTile / 2 : kTile;
  using Shared = ProjectionShared<kTile, kResidual>;

  __device__ Projection(const ProjectionArguments<T, In>& a, const ProjectionMaps& maps,
                        Shared& shared)
      : a_(a),
        maps_(maps),
        shared_(shared),
        rank_(block_in_cluster()),
        steps_(static_cast<int>((a.inner + kStep - 1) / kStep)),
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
        copy_stage(shared_.stages[at.stage], shared_.full[at.stage], token, column, step * kStep);
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
      const Bias bias = load_bias(first_column(tile));
      const std::int64_t token = first_token(tile) + group * kGroupTokens + row_in_group();
      TokenScales scales = {1, 1};
      if constexpr (kBlocks) {
        multiply_blocks(group, first, at, token, c);
      } else {
        if constexpr (kQuantized) scales = load_scales(a_, token, 0);
        multiply_tile(group, first, at, c);
      }
      if constexpr (kQuantized) {
        scale_sums<T, kTile, kEpilogue, kBias>(a_, scales, c, first_column(tile), outputs_);
      } else {
        add_bias(bias, c);
      }
      first = false;
      if constexpr (kResidual) {
        finish_gated(group, parity, c, tile);
        parity ^= 1;
      } else if constexpr (kNarrow) {
        store_quantized<T, kTile, kEpilogue>(a_, c, token, first_column(tile), outputs_);
      } else {
        store_outputs<T, kTile, kEpilogue>(a_, c, token, first_column(tile), outputs_);
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

  __device__ void copy_stage(ProjectionStage<kTile>& stage, Barrier& full, int token, int column,
                             int inner) {
    constexpr std::uint16_t kBoth = 3;
    constexpr int kChunks = ProjectionStage<kTile>::kChunks;
    full.arrive_and_expect(static_cast<int>(sizeof(stage)));
    copy_box(stage.x, maps_.x, inner, token, full);
    const int rank = static_cast<int>(rank_);
    if constexpr (kQuantized) {
      const int at = column + rank * (kEpilogue == Epilogue::kSwiGlu ? outputs_ : kTile / 2);
      copy_box_to(kBoth, stage.weight[0] + rank * (kTile / 2) * 128, maps_.weight, inner, at, full);
    } else {
      const int half = rank * (kStep / 2);
#pragma unroll
      for (int chunk = 0; chunk < kChunks; ++chunk) {
        const bool right = kEpilogue == Epilogue::kSwiGlu && chunk >= kChunks / 2;
        const int at = column + (right ? outputs_ + (chunk - kChunks / 2) * 64 : chunk * 64);
        copy_box_to(kBoth, stage.weight[chunk] + half * 128, maps_.weight, at, inner + half, full);
      }
    }
  }

  /// The bias of this thread's columns; loaded before the products, which hide the latency. In 8
  /// bits it comes with the scales, as there are no registers for it.
  struct Bias {
    std::uint32_t pairs[kBias && !kQuantized ? kTile / 8 : 1] = {};
  };

  __device__ __forceinline__ Bias load_bias(int first_column) {
    Bias bias;
    if constexpr (kBias && !kQuantized) {
      const int quad = static_cast<int>(threadIdx.x) % 4 * 2;
#pragma unroll
      for (int j = 0; j < kTile / 8; ++j) {
        // Beyond the last column nothing is stored, so any bias will do.
        const int column = min(first_column + j * 8, outputs_ - 8) + quad;
        bias.pairs[j] = load_early(reinterpret_cast<const std::uint32_t*>(a_.bias + column));
      }
    }
    return bias;
  }

  static __device__ __forceinline__ void add_bias(const Bias& bias, float (&c)[kTile / 2]) {
    if constexpr (kBias && !kQuantized) {
#pragma unroll
      for (int j = 0; j < kTile / 8; ++j) {
        const float2 pair = Pair<T>::unpack(bias.pairs[j]);
#pragma unroll
        for (int r = 0; r < 2; ++r) {
          c[j * 4 + r * 2] += pair.x;
          c[j * 4 + r * 2 + 1] += pair.y;
        }
      }
    }
  }

  /// c += the product of a stage, or c = it if not `add`, of a warpgroup; not complete on return.
  static __device__ __forceinline__ void multiply_stage(const ProjectionStage<kTile>& stage,
                                                        int group, bool add,
                                                        float (&c)[kTile / 2]) {
    begin_products();
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const std::uint64_t weight =
          kQuantized ? operand(stage.weight[0] + k * 32, 1024, 16)
                     : operand(stage.weight[0] + k * 16 * 128, 1024, sizeof stage.weight[0]);
      multiply<In, kTile>(c, operand(stage.x + group * kGroupTokens * 128 + k * 32, 1024, 16),
                          weight, add || k != 0);
    }
    commit_products();
  }

  /// The same as multiply_tile where each stage's tokens have scales of their own. While one
  /// warpgroup adds, the other one multiplies.
  __device__ __forceinline__ void multiply_blocks(int group, bool first,
                                                  PipelinePlace<Shared::kStages>& at,
                                                  std::int64_t token, float (&c)[kTile / 2]) {
    static_assert(kStep == kScaleBlock, "a stage has one scale");
#pragma unroll
    for (int i = 0; i < kTile / 2; ++i) c[i] = 0;
    for (int step = 0; step < steps_; ++step) {
      float part[kTile / 2];
      const TokenScales scales = load_scales(a_, token, step);
      shared_.full[at.stage].wait(at.parity);
      multiply_stage(shared_.stages[at.stage], group, false, part);
      if (first && step == min(kLag, steps_) - 1) arrive(kLagBarrier, 256);
      if (step == 0) release_residual(group);
      wait_products<0>();
      release(at.stage);
      at.advance();
#pragma unroll
      for (int i = 0; i < kTile / 2; ++i) c[i] += scales.rows[i / 2 % 2] * part[i];
    }
  }

  __device__ __forceinline__ void multiply_tile(int group, bool first,
                                                PipelinePlace<Shared::kStages>& at,
                                                float (&c)[kTile / 2]) {
    int last = 0;
    for (int step = 0; step < steps_; ++step) {
      const ProjectionStage<kTile>& stage = shared_.stages[at.stage];
      shared_.full[at.stage].wait(at.parity);
      multiply_stage(stage, group, step != 0, c);
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

  /// Adds the residual in shared memory and has it copied to the output from there.
  __device__ __forceinline__ void finish_gated(int group, unsigned parity,
                                               const float (&c)[kTile / 2], int tile) {
    const int token = first_token(tile) + group * kGroupTokens, column = first_column(tile);
    ProjectionResidual<kTile>& residual = shared_.residual[group];
    add_gated<T, kTile>(a_, c, residual, shared_.residual_full[group], parity, token, column);
    publish_to_copies();
    synchronize(kGroupBarrier + group, 128);
    if (threadIdx.x % 128 == 0) {
#pragma unroll
      for (int chunk = 0; chunk < kTile / 64; ++chunk) {
        store_box(maps_.output, column + chunk * 64, token, residual.chunks[chunk]);
      }
      commit_stores();
    }
  }

  const ProjectionArguments<T, In>& a_;
  const ProjectionMaps& maps_;
  Shared& shared_;
  const unsigned rank_;
  const int steps_;
  const int outputs_;
  const int column_tiles_;
  const int tiles_;
  bool stored_ = false;
};

template <typename T, typename In, int kTile, Epilogue kEpilogue, bool kBias, bool kBlocks>
__global__ void __cluster_dims__(kClusterBlocks, 1, 1) __launch_bounds__(kProjectionThreads, 1)
    projection_kernel(const __grid_constant__ ProjectionMaps maps,
                      const __grid_constant__ ProjectionArguments<T, In> a) {
  using Kernel = Projection<T, In, kTile, kEpilogue, kBias, kBlocks>;
  let_next_start();
  extern __shared__ unsigned char raw[];
  auto& shared = *reinterpret_cast<typename Kernel::Shared*>(
      (reinterpret_cast<std::uintptr_t>(raw) + 1023) / 1024 * 1024);
  if (threadIdx.x == 0) {
    Kernel::init(shared);
    publish_barriers();
  }
  synchronize_cluster();
  wait_for_previous();
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

}  // namespace cuda
}  // namespace dig
