#include <algorithm>

#include "dig/cuda/group_norm_silu.cuh"
#include "dig/cuda/group_norm_silu.h"
#include "dig/cuda/launch.cuh"

namespace dig {
namespace {

/// Parts of an image whose moments are summed separately. They depend only on the image, and so do
/// its sums.
template <typename T>
int moment_parts(const GroupNormArguments<T>& a) {
  constexpr std::int64_t kElementsOfPart = 16384, kMostParts = 64;
  const std::int64_t parts = cuda::divide_up(a.cells * a.channels, kElementsOfPart);
  return static_cast<int>(std::clamp<std::int64_t>(parts, 1, kMostParts));
}

/// Parts of an image that are written separately: as many blocks as run at once on 132
/// multiprocessors.
template <typename T>
int output_parts(const GroupNormArguments<T>& a) {
  constexpr std::int64_t kElementsOfPart = 8192, kBlocks = 5 * 132;
  const std::int64_t parts = cuda::divide_up(a.cells * a.channels, kElementsOfPart);
  return static_cast<int>(std::max<std::int64_t>(std::min(parts, kBlocks / a.batch), 1));
}

template <typename T, int kCount>
cudaError_t launch(const GroupNormArguments<T>& a, float2* moments, cudaStream_t stream) {
  const int summed = moment_parts(a), written = output_parts(a);
  if (a.batch * std::max(summed, written) > cuda::kMaxBlocks) return cudaErrorInvalidConfiguration;
  const auto groups = static_cast<std::size_t>(a.groups) * sizeof(float2);
  const auto channels = static_cast<std::size_t>(a.channels) * sizeof(float2);
  const cudaError_t error =
      cuda::launch_overlapping(cuda::group_moments_kernel<T, kCount>, a.batch * summed,
                               cuda::kGroupNormThreads, groups, stream, a, summed, moments);
  if (error != cudaSuccess) return error;
  const float2* const ready = moments;
  return cuda::launch_overlapping(cuda::group_norm_silu_kernel<T, kCount>, a.batch * written,
                                  cuda::kGroupNormThreads, groups + channels, stream, a, written,
                                  summed, ready);
}

}  // namespace

template <typename T>
std::size_t group_norm_cuda_workspace(const GroupNormArguments<T>& a) {
  return static_cast<std::size_t>(a.batch * moment_parts(a) * a.groups) * sizeof(float2);
}

template <typename T>
cudaError_t group_norm_cuda(const GroupNormArguments<T>& a, void* workspace, cudaStream_t stream) {
  if (a.batch == 0 || a.cells == 0 || a.channels == 0) return cudaSuccess;
  if (a.channels > kMaxNormChannels) return cudaErrorInvalidConfiguration;
  auto* const moments = static_cast<float2*>(workspace);
  const bool wide = a.channels % cuda::kWide<T> == 0 && cuda::aligned(a.x, a.output);
  return wide ? launch<T, cuda::kWide<T>>(a, moments, stream) : launch<T, 1>(a, moments, stream);
}

template std::size_t group_norm_cuda_workspace(const GroupNormArguments<float>&);
template std::size_t group_norm_cuda_workspace(const GroupNormArguments<Half>&);
template std::size_t group_norm_cuda_workspace(const GroupNormArguments<BFloat16>&);
template cudaError_t group_norm_cuda(const GroupNormArguments<float>&, void*, cudaStream_t);
template cudaError_t group_norm_cuda(const GroupNormArguments<Half>&, void*, cudaStream_t);
template cudaError_t group_norm_cuda(const GroupNormArguments<BFloat16>&, void*, cudaStream_t);

}  // namespace dig
