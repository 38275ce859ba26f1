#include <array>
#include <string>

#include "../ort_op.h"
#include "../register_ops.h"
#include "cuda_status.h"
#include "dig/cuda/embeddings.h"

namespace dig {
namespace {

constexpr const char* kCuda = "CUDAExecutionProvider";

cudaStream_t stream_of(const Ort::KernelContext& context) {
  return static_cast<cudaStream_t>(context.GetGPUComputeStream());
}

/// The number of frequencies, [1, width].
std::int64_t width_of(const char* op, const Ort::ConstValue& frequencies) {
  const auto shape = shape_of(frequencies);
  if (shape.size() != 2 || shape[0] != 1) {
    refuse(std::string(op) + ": frequencies must be [1, width], not " + to_string(shape));
  }
  return shape[1];
}

/// TimestepEmbedding(timestep, frequencies)
struct TimestepEmbeddingNode {
  static constexpr const char *kName = "TimestepEmbedding", *kProvider = kCuda;
  static constexpr std::array<OpInput, 2> kInputs = {
      {{kElementType<float>}, {kElementType<float>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<float>};

  explicit TimestepEmbeddingNode(const Attributes&) {}

  void compute(const Ort::KernelContext& context) const {
    const Ort::ConstValue timesteps = context.GetInput(0), frequencies = context.GetInput(1);
    const auto shape = shape_of(timesteps);
    if (shape.size() != 1) {
      refuse(std::string(kName) + ": timestep must be [batch], not " + to_string(shape));
    }
    TimestepEmbeddingArguments a{};
    a.timesteps = timesteps.GetTensorData<float>();
    a.frequencies = frequencies.GetTensorData<float>();
    a.count = shape[0];
    a.width = width_of(kName, frequencies);
    a.output = context.GetOutput(0, {a.count, 2 * a.width}).GetTensorMutableData<float>();
    check(embedding_cuda(a, stream_of(context)), kName);
  }
};

/// PositionEmbedding(grid, frequencies)
struct PositionEmbeddingNode {
  static constexpr const char *kName = "PositionEmbedding", *kProvider = kCuda;
  static constexpr std::array<OpInput, 2> kInputs = {
      {{kElementType<std::int64_t>, INPUT_OUTPUT_REQUIRED, OrtMemTypeCPUInput},
       {kElementType<double>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<float>};

  explicit PositionEmbeddingNode(const Attributes&) {}

  void compute(const Ort::KernelContext& context) const {
    const Ort::ConstValue frequencies = context.GetInput(1);
    const Grid grid(kName, context.GetInput(0));
    constexpr std::int64_t kMost = 1 << 24;  // sizes of buffers must not overflow
    if (grid.rows < 0 || grid.columns < 0 || grid.rows > kMost || grid.columns > kMost) {
      refuse(std::string(kName) + ": a grid has 0 to " + std::to_string(kMost) +
             " rows and columns, not " + std::to_string(grid.rows) + " and " +
             std::to_string(grid.columns));
    }
    PositionEmbeddingArguments a{};
    a.frequencies = frequencies.GetTensorData<double>();
    a.rows = grid.rows;
    a.columns = grid.columns;
    a.width = width_of(kName, frequencies);
    a.output =
        context.GetOutput(0, {1, a.rows * a.columns, 4 * a.width}).GetTensorMutableData<float>();
    check(embedding_cuda(a, stream_of(context)), kName);
  }
};

}  // namespace

/// Their function bodies are 20 small kernels, which a GPU runs faster than they are launched.
void add_embedding_cuda_ops(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<TimestepEmbeddingNode>);
  domain.Add(new Op<PositionEmbeddingNode>);
}

}  // namespace dig
