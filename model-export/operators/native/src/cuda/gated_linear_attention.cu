#include <algorithm>

#include "dig/cuda/gated_linear_attention.h"
#include "dig/cuda/gated_linear_attention_chunked.cuh"
#include "dig/cuda/gated_linear_attention_recurrent.cuh"
#include "dig/cuda/launch.cuh"

namespace dig {
namespace {

template <typename T>
constexpr bool kHasFastPath = sizeof(T) == 2;

std::int64_t round_up(std::int64_t n, std::int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// Blocks that a Hopper GPU runs at once: a measure of how many sequences keep it busy.
constexpr std::int64_t kResidentBlocks = 264;

/// How the chunked kernel cuts a call, and how its workspace is laid out. The cuts do not depend on
/// the batch, since they decide how sums are rounded.
struct Plan {
  std::int64_t sequences;
  std::int64_t segments;
  std::int64_t group;

  explicit Plan(std::int64_t batch, int heads, std::int64_t length)
      : sequences(batch * heads),
        segments((length + cuda::kSegment - 1) / cuda::kSegment),
        group(std::clamp<std::int64_t>(kResidentBlocks / heads, 1, cuda::kMaxGroup)) {}

  bool fits() const { return sequences * segments <= cuda::kMaxBlocks; }

  /// The ticket and the flags, which start at zero, come first.
  std::size_t flag_bytes() const {
    return static_cast<std::size_t>(round_up(
        (1 + sequences * cuda::kWarps + sums() * cuda::kWarps) * std::int64_t{sizeof(unsigned)},
        16));
  }

  std::size_t bytes() const {
    if (segments == 1) return 0;
    return flag_bytes() + static_cast<std::size_t>(sequences * slots() + sums()) * kStateBytes +
           static_cast<std::size_t>(sums()) * cuda::kFastKeySize * sizeof(float);
  }

  cuda::Chain chain(void* workspace) const {
    auto* const flags = static_cast<unsigned*>(workspace);
    char* const states = static_cast<char*>(workspace) + flag_bytes();
    char* const sum_states = states + static_cast<std::size_t>(sequences * slots()) * kStateBytes;
    char* const decays = sum_states + static_cast<std::size_t>(sums()) * kStateBytes;
    return {reinterpret_cast<float4*>(states),
            reinterpret_cast<float4*>(sum_states),
            reinterpret_cast<float*>(decays),
            flags + 1,
            flags + 1 + sequences * cuda::kWarps,
            flags,
            static_cast<int>(segments),
            static_cast<int>(group),
            static_cast<int>(slots())};
  }

 private:
  static constexpr std::size_t kStateBytes = cuda::kStateFloats * sizeof(float);

  /// Segments that leave their sums.
  std::int64_t sums() const { return group == 1 ? 0 : sequences * segments; }

  /// All of a group wait for one state: unless groups are single, none may be overwritten.
  std::int64_t slots() const { return group == 1 ? 2 : (segments + group - 1) / group; }
};

template <typename T>
bool takes_fast_path(const GlaArguments<T>& a) {
  return kHasFastPath<T> && a.key_size == cuda::kFastKeySize &&
         a.value_size == cuda::kFastValueSize && a.length <= 0x7fffffff && a.row_stride % 8 == 0 &&
         cuda::aligned(a.packed, a.output) && Plan(a.batch, a.heads, a.length).fits();
}

template <typename Kernel>
cudaError_t raise_shared_memory(Kernel kernel) {
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(sizeof(cuda::BlockTile)));
}

template <typename T, bool kNorm>
cudaError_t launch_short(const GlaArguments<T>& a, std::int64_t sequences, cudaStream_t stream) {
  auto* const kernel = cuda::gla_short_kernel<T, kNorm>;
  const cudaError_t raised = raise_shared_memory(kernel);
  if (raised != cudaSuccess) return raised;
  return cuda::launch_overlapping(kernel, sequences, cuda::kWarps * 32, sizeof(cuda::BlockTile),
                                  stream, a);
}

template <typename T, bool kNorm>
cudaError_t launch_chunked(const GlaArguments<T>& a, void* workspace, cudaStream_t stream) {
  const Plan plan(a.batch, a.heads, a.length);
  if (plan.segments == 1) return launch_short<T, kNorm>(a, plan.sequences, stream);
  const cudaError_t zeroed = cudaMemsetAsync(workspace, 0, plan.flag_bytes(), stream);
  if (zeroed != cudaSuccess) return zeroed;
  auto* const kernel = cuda::gla_chunked_kernel<T, kNorm>;
  const cudaError_t raised = raise_shared_memory(kernel);
  if (raised != cudaSuccess) return raised;
  return cuda::launch_overlapping(kernel, plan.sequences * plan.segments, cuda::kWarps * 32,
                                  sizeof(cuda::BlockTile), stream, a, plan.chain(workspace),
                                  static_cast<int>(plan.sequences));
}

template <typename T, int kKeys>
cudaError_t launch_recurrent(const GlaArguments<T>& a, cudaStream_t stream) {
  const std::int64_t sequences = a.batch * a.heads;
  if (sequences > cuda::kMaxBlocks) return cudaErrorInvalidConfiguration;
  const auto threads = static_cast<unsigned>(round_up(a.value_size, 32));
  cuda::gla_recurrent_kernel<T, kKeys><<<static_cast<unsigned>(sequences), threads, 0, stream>>>(a);
  return cudaGetLastError();
}

}  // namespace

template <typename T>
std::size_t gla_cuda_workspace(const GlaArguments<T>& a) {
  return takes_fast_path(a) ? Plan(a.batch, a.heads, a.length).bytes() : 0;
}

template <typename T>
cudaError_t gla_cuda(const GlaArguments<T>& a, void* workspace, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0) return cudaSuccess;
  if constexpr (kHasFastPath<T>) {
    if (takes_fast_path(a)) {
      return a.norm_weight != nullptr ? launch_chunked<T, true>(a, workspace, stream)
                                      : launch_chunked<T, false>(a, workspace, stream);
    }
  }
  if (a.key_size <= 32) return launch_recurrent<T, 32>(a, stream);
  if (a.key_size <= 64) return launch_recurrent<T, 64>(a, stream);
  return launch_recurrent<T, kMaxHeadSize>(a, stream);
}

template std::size_t gla_cuda_workspace(const GlaArguments<float>&);
template std::size_t gla_cuda_workspace(const GlaArguments<Half>&);
template std::size_t gla_cuda_workspace(const GlaArguments<BFloat16>&);
template cudaError_t gla_cuda(const GlaArguments<float>&, void*, cudaStream_t);
template cudaError_t gla_cuda(const GlaArguments<Half>&, void*, cudaStream_t);
template cudaError_t gla_cuda(const GlaArguments<BFloat16>&, void*, cudaStream_t);

}  // namespace dig
