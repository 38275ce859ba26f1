#include <cstdint>

#include "dig/cuda/embeddings.h"
#include "dig/cuda/launch.cuh"

namespace dig {
namespace {

constexpr int kThreads = 128;
constexpr std::int64_t kTokens = 16;  ///< to which one thread writes the same numbers

/// One thread per angle.
__global__ void __launch_bounds__(kThreads)
    timestep_embedding_kernel(const TimestepEmbeddingArguments a) {
  cuda::let_next_start();
  cuda::wait_for_previous();
  const std::int64_t index = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (index >= a.count * a.width) return;
  const std::int64_t row = index / a.width, i = index % a.width;
  float sine, cosine;
  sincosf(a.timesteps[row] * a.frequencies[i], &sine, &cosine);
  a.output[row * 2 * a.width + i] = cosine;
  a.output[(row * 2 + 1) * a.width + i] = sine;
}

/// One thread per angle of a row or column, for kTokens of its tokens.
__global__ void __launch_bounds__(kThreads)
    position_embedding_kernel(const PositionEmbeddingArguments a) {
  cuda::let_next_start();
  cuda::wait_for_previous();
  std::int64_t index = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::int64_t i = index % a.width;
  index /= a.width;
  const std::int64_t lines = a.rows + a.columns;
  const std::int64_t line = index % lines, first = index / lines * kTokens;
  const bool is_column = line < a.columns;
  const std::int64_t tokens = is_column ? a.rows : a.columns;
  if (first >= tokens) return;
  const std::int64_t place = is_column ? line : line - a.columns;
  double sine, cosine;
  sincos(static_cast<double>(place) * a.frequencies[i], &sine, &cosine);
  // The line's first token, and the way from one to the next.
  const std::int64_t start = is_column ? place : place * a.columns;
  const std::int64_t step = is_column ? a.columns : 1;
  float* const output = a.output + start * 4 * a.width + (is_column ? 0 : 2 * a.width) + i;
  for (std::int64_t t = first; t < min(first + kTokens, tokens); ++t) {
    output[t * step * 4 * a.width] = static_cast<float>(sine);
    output[t * step * 4 * a.width + a.width] = static_cast<float>(cosine);
  }
}

template <typename Arguments>
cudaError_t launch(void (*kernel)(Arguments), const Arguments& a, std::int64_t threads,
                   cudaStream_t stream) {
  if (threads == 0) return cudaSuccess;
  return cuda::launch(kernel, a, cuda::divide_up(threads, kThreads), kThreads, stream);
}

}  // namespace

cudaError_t enqueue_cuda(const TimestepEmbeddingArguments& a, cudaStream_t stream) {
  return launch(timestep_embedding_kernel, a, a.count * a.width, stream);
}

cudaError_t enqueue_cuda(const PositionEmbeddingArguments& a, cudaStream_t stream) {
  const std::int64_t parts = cuda::divide_up(a.rows > a.columns ? a.rows : a.columns, kTokens);
  return launch(position_embedding_kernel, a, (a.rows + a.columns) * parts * a.width, stream);
}

}  // namespace dig
