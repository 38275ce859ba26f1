// A block's part of a tile of the projections, and where its copies come from.
#pragma once

#include "dig/cuda/hopper.cuh"
#include "dig/projection.h"

namespace dig {
namespace cuda {

constexpr int kClusterBlocks = 2;
constexpr int kBlockTokens = 128;
constexpr int kGroupTokens = 64;  ///< of a warpgroup
constexpr int kLag = 2;           ///< stages that the second warpgroup starts after the first
constexpr int kProjectionThreads = 384;
constexpr int kProjectionShared = 227 * 1024;

/// Of a stage: 128 bytes, which is what the swizzle spans.
template <typename In>
constexpr int kInner = 128 / static_cast<int>(sizeof(In));

template <int kTile>
struct alignas(1024) ProjectionStage {
  static constexpr int kChunks = kTile / 64;

  unsigned char x[kBlockTokens * 128];
  /// In 16 bits each chunk is 64 columns of 64 of the inner index. In 8 bits all of it is kTile
  /// columns, each with 128 of the inner index.
  unsigned char weight[kChunks][64 * 128];
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

}  // namespace cuda
}  // namespace dig
