#include "dig/cuda/projection.h"
#include "dig/cuda/projection_launch.cuh"

namespace dig {
namespace {

using Arguments = ProjectionArguments<Half, Float8>;

template <Epilogue kEpilogue>
cudaError_t project(const Arguments& a, cudaStream_t stream) {
  if (a.tokens == 0 || a.columns == 0) return cudaSuccess;
  if (!cuda::fits(kEpilogue, a) || !projection_cuda_is_fast()) return cudaErrorNotSupported;
  constexpr bool kNarrow = kEpilogue == Epilogue::kSwiGlu || kEpilogue == Epilogue::kGelu;
  if (kNarrow ? a.numbers == nullptr || output_columns(kEpilogue, a) % 16 != 0
              : a.output == nullptr) {
    return cudaErrorNotSupported;
  }
  if (a.scales != 1) {
    if constexpr (kEpilogue == Epilogue::kGated) {
      return a.bias == nullptr ? cuda::launch_fast<kEpilogue, false, true>(a, stream)
                               : cuda::launch_fast<kEpilogue, true, true>(a, stream);
    }
    return cudaErrorNotSupported;
  }
  if constexpr (kEpilogue != Epilogue::kGelu) {
    if (a.bias == nullptr) return cuda::launch_fast<kEpilogue, false>(a, stream);
  }
  if constexpr (kEpilogue != Epilogue::kSwiGlu) {
    if (a.bias != nullptr) return cuda::launch_fast<kEpilogue, true>(a, stream);
  }
  return cudaErrorNotSupported;
}

}  // namespace

cudaError_t quantized_projection_cuda(Epilogue epilogue, const Arguments& a, cudaStream_t stream) {
  switch (epilogue) {
    case Epilogue::kGelu:
      return project<Epilogue::kGelu>(a, stream);
    case Epilogue::kSwiGlu:
      return project<Epilogue::kSwiGlu>(a, stream);
    case Epilogue::kGated:
      return project<Epilogue::kGated>(a, stream);
    default:
      return project<Epilogue::kNone>(a, stream);
  }
}

}  // namespace dig
