#include <algorithm>
#include <cstdint>

#include "dig/cuda/launch.cuh"
#include "dig/cuda/projection.cuh"
#include "dig/cuda/projection.h"
#include "dig/cuda/projection_any.cuh"

namespace dig {
namespace {

using cuda::divide_up;

using Encode = decltype(&cuTensorMapEncodeTiled);

/// The driver's function, or null if it has none. The runtime is linked statically, the driver not
/// at all.
Encode tensor_map_encoder() {
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

/// A matrix [rows, columns] in boxes of `box_rows` rows and 64 columns.
template <typename T>
cudaError_t encode(CUtensorMap& map, const T* matrix, std::int64_t rows, std::int64_t columns,
                   int box_rows) {
  const Encode encoder = tensor_map_encoder();
  if (encoder == nullptr) return cudaErrorNotSupported;
  constexpr bool kHalf = std::is_same<T, Half>::value;
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[1] = {static_cast<cuuint64_t>(columns) * sizeof(T)};
  const cuuint32_t box[2] = {64, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t element_strides[2] = {1, 1};
  const CUresult result =
      encoder(&map, kHalf ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16 : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2,
              const_cast<T*>(matrix), sizes, strides, box, element_strides,
              CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
              CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

/// Multiprocessors of the current device.
cudaError_t multiprocessors(int& count) {
  int device = 0;
  const cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) return error;
  return cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
}

std::int64_t row_tiles(std::int64_t tokens) {
  return divide_up(tokens, cuda::kClusterBlocks * cuda::kBlockTokens);
}

template <typename T, int kTile, Epilogue kEpilogue, bool kBias>
cudaError_t launch(const ProjectionArguments<T>& a, int processors, cudaStream_t stream) {
  using Kernel = cuda::Projection<T, kTile, kEpilogue, kBias>;
  cuda::ProjectionMaps maps;
  cudaError_t error = encode(maps.x, a.x, a.tokens, a.inner, cuda::kBlockTokens);
  if (error != cudaSuccess) return error;
  error = encode(maps.weight, a.weight, a.inner, a.columns, cuda::kInner / 2);
  if (error != cudaSuccess) return error;
  if (Kernel::kResidual) {
    error = encode(maps.residual, a.residual, a.tokens, a.columns, cuda::kGroupTokens);
    if (error != cudaSuccess) return error;
    error = encode(maps.output, a.output, a.tokens, a.columns, cuda::kGroupTokens);
    if (error != cudaSuccess) return error;
  }
  auto* const kernel = cuda::projection_kernel<T, kTile, kEpilogue, kBias>;
  constexpr int kBytes = static_cast<int>(sizeof(typename Kernel::Shared)) + 1024;
  static_assert(kBytes <= cuda::kProjectionShared, "more shared memory than a block can have");
  error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  if (error != cudaSuccess) return error;
  const std::int64_t tiles =
      row_tiles(a.tokens) * divide_up(output_columns(kEpilogue, a), Kernel::kOutputs);
  const auto clusters = std::min<std::int64_t>(tiles, processors / cuda::kClusterBlocks);
  return cuda::launch_overlapping(kernel, clusters * cuda::kClusterBlocks, cuda::kProjectionThreads,
                                  kBytes, stream, maps, a);
}

/// How long tiles of this many columns take, in columns of one: rounds of all clusters.
std::int64_t cost(std::int64_t tokens, std::int64_t outputs, int outputs_of_tile, int tile,
                  int processors) {
  // Measured, not counted: a tile of 192 columns takes nine tenths of the time of one of 256.
  constexpr int kStart = 490;
  const std::int64_t tiles = row_tiles(tokens) * divide_up(outputs, outputs_of_tile);
  return divide_up(tiles, processors / cuda::kClusterBlocks) * (tile + kStart);
}

template <typename T, Epilogue kEpilogue, bool kBias>
cudaError_t launch_fast(const ProjectionArguments<T>& a, cudaStream_t stream) {
  int processors = 0;
  const cudaError_t error = multiprocessors(processors);
  if (error != cudaSuccess) return error;
  const std::int64_t outputs = output_columns(kEpilogue, a);
  const auto cost_of = [&](int tile) {
    const int outputs_of_tile = kEpilogue == Epilogue::kSwiGlu ? tile / 2 : tile;
    return cost(a.tokens, outputs, outputs_of_tile, tile, processors);
  };
  if constexpr (kEpilogue == Epilogue::kSwiGlu) {
    return cost_of(256) <= cost_of(128) ? launch<T, 256, kEpilogue, kBias>(a, processors, stream)
                                        : launch<T, 128, kEpilogue, kBias>(a, processors, stream);
  } else {
    // Two groups of residuals and 128 sums per thread do not fit into its registers.
    constexpr int kWidest = kEpilogue == Epilogue::kGated ? 192 : 256;
    if (cost_of(kWidest) <= std::min(cost_of(192), cost_of(64))) {
      return launch<T, kWidest, kEpilogue, kBias>(a, processors, stream);
    }
    return cost_of(192) <= cost_of(64) ? launch<T, 192, kEpilogue, kBias>(a, processors, stream)
                                       : launch<T, 64, kEpilogue, kBias>(a, processors, stream);
  }
}

template <typename T, Epilogue kEpilogue>
cudaError_t project(const ProjectionArguments<T>& a, cudaStream_t stream) {
  const std::int64_t outputs = output_columns(kEpilogue, a);
  if (a.tokens == 0 || outputs == 0) return cudaSuccess;
  constexpr std::int64_t kMaxSize = 0x7fffffff;  // coordinates and tiles are ints
  const bool fast =
      a.inner > 0 && a.inner % 8 == 0 && outputs % 8 == 0 &&
      cuda::aligned(a.x, a.weight, a.bias, a.output, a.residual, a.modulation) &&
      a.tokens < kMaxSize - 256 && a.inner < kMaxSize - 64 && a.columns < kMaxSize - 256 &&
      row_tiles(a.tokens) * divide_up(outputs, 64) < kMaxSize / 2 && projection_cuda_is_fast();
  if constexpr (kEpilogue != Epilogue::kGelu) {
    if (fast && a.bias == nullptr) return launch_fast<T, kEpilogue, false>(a, stream);
  }
  if constexpr (kEpilogue != Epilogue::kSwiGlu) {
    if (fast && a.bias != nullptr) return launch_fast<T, kEpilogue, true>(a, stream);
  }
  const std::int64_t blocks = divide_up(a.tokens * outputs, 256);
  if (blocks > kMaxSize) return cudaErrorInvalidConfiguration;
  cuda::projection_any_kernel<T, kEpilogue><<<static_cast<unsigned>(blocks), 256, 0, stream>>>(a);
  return cudaGetLastError();
}

}  // namespace

bool projection_cuda_is_fast() {
  static const bool fast = [] {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) return false;
    for (int device = 0; device < devices; ++device) {
      int major = 0;
      if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) !=
              cudaSuccess ||
          major != 9) {
        return false;
      }
    }
    return tensor_map_encoder() != nullptr;
  }();
  return fast;
}

template <typename T>
cudaError_t projection_cuda(Epilogue epilogue, const ProjectionArguments<T>& a,
                            cudaStream_t stream) {
  switch (epilogue) {
    case Epilogue::kGelu:
      return project<T, Epilogue::kGelu>(a, stream);
    case Epilogue::kSwiGlu:
      return project<T, Epilogue::kSwiGlu>(a, stream);
    case Epilogue::kGated:
      return project<T, Epilogue::kGated>(a, stream);
    default:
      return project<T, Epilogue::kNone>(a, stream);
  }
}

template cudaError_t projection_cuda(Epilogue, const ProjectionArguments<Half>&, cudaStream_t);
template cudaError_t projection_cuda(Epilogue, const ProjectionArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
