// How the host launches the projections' kernels of Hopper.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "dig/cuda/launch.cuh"
#include "dig/cuda/projection.cuh"

namespace dig {
namespace cuda {

using Encode = decltype(&cuTensorMapEncodeTiled);

/// The driver's function, or null if it has none. The runtime is linked statically, the driver not
/// at all.
inline Encode tensor_map_encoder() {
  static const Encode encoder = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result;
    const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function,
                                                               12000, cudaEnableDefault, &result);
    return error == cudaSuccess && result == cudaDriverEntryPointSuccess
               ? reinterpret_cast<Encode>(function)
               : nullptr;
  }();
  return encoder;
}

template <typename T>
constexpr CUtensorMapDataType kMapType =
    std::is_same<T, Half>::value       ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
    : std::is_same<T, BFloat16>::value ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                       : CU_TENSOR_MAP_DATA_TYPE_UINT8;

/// A matrix [rows, columns] in boxes of `box_rows` rows and 128 bytes of columns.
template <typename T>
cudaError_t encode(CUtensorMap& map, const T* matrix, std::int64_t rows, std::int64_t columns,
                   int box_rows) {
  const Encode encoder = tensor_map_encoder();
  if (encoder == nullptr) return cudaErrorNotSupported;
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[1] = {static_cast<cuuint64_t>(columns) * sizeof(T)};
  const cuuint32_t box[2] = {kInner<T>, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t element_strides[2] = {1, 1};
  const CUresult result =
      encoder(&map, kMapType<T>, 2, const_cast<T*>(matrix), sizes, strides, box, element_strides,
              CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
              CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

/// Multiprocessors of the current device.
inline cudaError_t multiprocessors(int& count) {
  int device = 0;
  const cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) return error;
  return cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
}

inline std::int64_t row_tiles(std::int64_t tokens) {
  return divide_up(tokens, kClusterBlocks * kBlockTokens);
}

/// Columns of a tile.
template <int kColumns>
using Tile = std::integral_constant<int, kColumns>;

template <Epilogue kEpilogue, bool kBias, bool kBlocks, int kTile, typename T, typename In>
cudaError_t launch_projection(Tile<kTile>, const ProjectionArguments<T, In>& a, int processors,
                              cudaStream_t stream) {
  using Kernel = Projection<T, In, kTile, kEpilogue, kBias, kBlocks>;
  ProjectionMaps maps;
  cudaError_t error = encode(maps.x, a.x, a.tokens, a.inner, kBlockTokens);
  if (error != cudaSuccess) return error;
  error = Kernel::kQuantized ? encode(maps.weight, a.weight, a.columns, a.inner, kTile / 2)
                             : encode(maps.weight, a.weight, a.inner, a.columns, Kernel::kStep / 2);
  if (error != cudaSuccess) return error;
  if (Kernel::kResidual) {
    error = encode(maps.residual, a.residual, a.tokens, a.columns, kGroupTokens);
    if (error != cudaSuccess) return error;
    error = encode(maps.output, a.output, a.tokens, a.columns, kGroupTokens);
    if (error != cudaSuccess) return error;
  }
  auto* const kernel = projection_kernel<T, In, kTile, kEpilogue, kBias, kBlocks>;
  constexpr int kBytes = static_cast<int>(sizeof(typename Kernel::Shared)) + 1024;
  static_assert(kBytes <= kProjectionShared, "more shared memory than a block can have");
  error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  if (error != cudaSuccess) return error;
  const std::int64_t tiles =
      row_tiles(a.tokens) * divide_up(output_columns(kEpilogue, a), Kernel::kOutputs);
  const auto clusters = std::min<std::int64_t>(tiles, processors / kClusterBlocks);
  return launch_overlapping(kernel, clusters * kClusterBlocks, kProjectionThreads, kBytes, stream,
                            maps, a);
}

/// How long tiles of this many columns take, in columns of one: rounds of all clusters.
inline std::int64_t cost(std::int64_t tokens, std::int64_t outputs, int outputs_of_tile, int tile,
                         int processors) {
  // Measured, not counted: a tile of 192 columns takes nine tenths of the time of one of 256.
  constexpr int kStart = 490;
  const std::int64_t tiles = row_tiles(tokens) * divide_up(outputs, outputs_of_tile);
  return divide_up(tiles, processors / kClusterBlocks) * (tile + kStart);
}

/// Enqueues the kernel whose tiles are expected to take the least time.
template <Epilogue kEpilogue, bool kBias, bool kBlocks = false, typename T, typename In>
cudaError_t launch_fast(const ProjectionArguments<T, In>& a, cudaStream_t stream) {
  int processors = 0;
  const cudaError_t error = multiprocessors(processors);
  if (error != cudaSuccess) return error;
  const std::int64_t outputs = output_columns(kEpilogue, a);
  const auto cost_of = [&](int tile) {
    const int outputs_of_tile = kEpilogue == Epilogue::kSwiGlu ? tile / 2 : tile;
    return cost(a.tokens, outputs, outputs_of_tile, tile, processors);
  };
  const auto launch_tile = [&](auto tile) {
    return launch_projection<kEpilogue, kBias, kBlocks>(tile, a, processors, stream);
  };
  if constexpr (sizeof(In) == 1 &&
                (kEpilogue == Epilogue::kSwiGlu || kEpilogue == Epilogue::kGelu)) {
    return launch_tile(Tile<256>());  // whole blocks of outputs
  } else if constexpr (kEpilogue == Epilogue::kSwiGlu) {
    return cost_of(256) <= cost_of(128) ? launch_tile(Tile<256>()) : launch_tile(Tile<128>());
  } else {
    // Two groups of residuals and 128 sums per thread do not fit into its registers.
    constexpr int kWidest = kEpilogue == Epilogue::kGated ? 192 : 256;
    if (cost_of(kWidest) <= std::min(cost_of(192), cost_of(64))) {
      return launch_tile(Tile<kWidest>());
    }
    return cost_of(192) <= cost_of(64) ? launch_tile(Tile<192>()) : launch_tile(Tile<64>());
  }
}

/// Whether sizes and places are those that the kernels can take; the GPU must be a Hopper too.
template <typename T, typename In>
bool fits(Epilogue epilogue, const ProjectionArguments<T, In>& a) {
  constexpr std::int64_t kMaxSize = 0x7fffffff;  // coordinates and tiles are ints
  constexpr std::int64_t kPack = 16 / static_cast<std::int64_t>(sizeof(In));
  const std::int64_t outputs = output_columns(epilogue, a);
  return a.inner > 0 && a.inner % kPack == 0 && outputs % 8 == 0 &&
         aligned(a.x, a.weight, a.bias, a.output, a.residual, a.modulation, a.weight_scale,
                 a.numbers) &&
         a.tokens < kMaxSize - 256 && a.inner < kMaxSize - 128 && a.columns < kMaxSize - 256 &&
         row_tiles(a.tokens) * divide_up(outputs, 64) < kMaxSize / 2;
}

}  // namespace cuda
}  // namespace dig
