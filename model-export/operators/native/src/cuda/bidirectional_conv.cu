#include "dig/cuda/bidirectional_conv.cuh"
#include "dig/cuda/bidirectional_conv.h"
#include "dig/cuda/launch.cuh"

namespace dig {
namespace {

template <typename T, int kCount>
cudaError_t launch_with(const BidirectionalConvArguments<T>& a, cudaStream_t stream) {
  const std::int64_t threads =
      a.batch * cuda::divide_up(a.length, cuda::kStrip) * (a.inner / kCount);
  return cuda::launch(cuda::bidirectional_conv_kernel<T, kCount>, a,
                      cuda::divide_up(threads, cuda::kStripThreads), cuda::kStripThreads, stream);
}

}  // namespace

template <typename T>
cudaError_t enqueue_cuda(const BidirectionalConvArguments<T>& a, cudaStream_t stream) {
  if (a.batch == 0 || a.length == 0 || a.inner == 0) return cudaSuccess;
  const bool aligned = cuda::aligned(a.packed, a.weight, a.bias, a.output[0], a.output[1]);
  if (aligned && a.inner % 4 == 0) return launch_with<T, 4>(a, stream);
  return launch_with<T, 1>(a, stream);
}

template cudaError_t enqueue_cuda(const BidirectionalConvArguments<float>&, cudaStream_t);
template cudaError_t enqueue_cuda(const BidirectionalConvArguments<Half>&, cudaStream_t);
template cudaError_t enqueue_cuda(const BidirectionalConvArguments<BFloat16>&, cudaStream_t);

}  // namespace dig
