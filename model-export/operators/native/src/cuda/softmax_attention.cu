#include <cmath>
#include <cstdint>

#include "dig/cuda/launch.cuh"
#include "dig/cuda/softmax_attention.cuh"
#include "dig/cuda/softmax_attention.h"

namespace dig {
namespace {

template <typename T, int kHead, int kStages>
cudaError_t launch_attention(const SoftmaxAttentionArguments<T>& a, cudaStream_t stream) {
  constexpr int kKeys = 64;
  auto* const kernel = cuda::softmax_attention_kernel<T, kHead, kKeys, kStages>;
  constexpr int kBytes = static_cast<int>(sizeof(cuda::AttentionShared<T, kHead, kKeys, kStages>));
  const cudaError_t error =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  if (error != cudaSuccess) return error;
  const std::int64_t tiles = cuda::divide_up(a.length, cuda::kBlockQueries);
  const std::int64_t blocks = a.batch * a.heads * tiles;
  if (tiles > cuda::kMaxBlocks || blocks > cuda::kMaxBlocks) return cudaErrorInvalidConfiguration;
  constexpr double kLog2E = 1.4426950408889634;
  const auto scale = static_cast<float>(kLog2E / std::sqrt(static_cast<double>(kHead)));
  return cuda::launch_overlapping(kernel, blocks, cuda::kAttentionThreads, kBytes, stream, a,
                                  static_cast<unsigned>(tiles), scale);
}

/// Short sequences gain by a third stage, long ones lose by it.
template <typename T, int kHead>
cudaError_t attend(const SoftmaxAttentionArguments<T>& a, cudaStream_t stream) {
  return a.length <= 2048 ? launch_attention<T, kHead, 3>(a, stream)
                          : launch_attention<T, kHead, 2>(a, stream);
}

}  // namespace

bool softmax_attention_cuda_runs() {
  static const bool runs = [] {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) return false;
    for (int device = 0; device < devices; ++device) {
      int major = 0;
      const cudaError_t error =
          cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
      if (error != cudaSuccess || major < 8) return false;
    }
    return true;
  }();
  return runs;
}

template <typename T>
cudaError_t softmax_attention_cuda(const SoftmaxAttentionArguments<T>& a, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0 || a.heads == 0) return cudaSuccess;
  if (!cuda::aligned(a.packed, a.output)) return cudaErrorMisalignedAddress;
  switch (a.head_size) {
    case 64:
      return attend<T, 64>(a, stream);
    case 72:
      return attend<T, 72>(a, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

template cudaError_t softmax_attention_cuda(const SoftmaxAttentionArguments<Half>&, cudaStream_t);
template cudaError_t softmax_attention_cuda(const SoftmaxAttentionArguments<BFloat16>&,
                                            cudaStream_t);

}  // namespace dig
