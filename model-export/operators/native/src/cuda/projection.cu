#include <cstdint>

#include "dig/cuda/projection.h"
#include "dig/cuda/projection_any.cuh"
#include "dig/cuda/projection_launch.cuh"

namespace dig {
namespace {

template <typename T, Epilogue kEpilogue>
cudaError_t project(const ProjectionArguments<T>& a, cudaStream_t stream) {
  const std::int64_t outputs = output_columns(kEpilogue, a);
  if (a.tokens == 0 || outputs == 0) return cudaSuccess;
  const bool fast = cuda::fits(kEpilogue, a) && projection_cuda_is_fast();
  if constexpr (kEpilogue != Epilogue::kGelu) {
    if (fast && a.bias == nullptr) return cuda::launch_fast<kEpilogue, false>(a, stream);
  }
  if constexpr (kEpilogue != Epilogue::kSwiGlu) {
    if (fast && a.bias != nullptr) return cuda::launch_fast<kEpilogue, true>(a, stream);
  }
  const std::int64_t blocks = cuda::divide_up(a.tokens * outputs, 256);
  if (blocks > cuda::kMaxBlocks) return cudaErrorInvalidConfiguration;
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
    return cuda::tensor_map_encoder() != nullptr;
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
