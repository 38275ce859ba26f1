#include <array>
#include <string>

#include "../ort_op.h"
#include "../register_ops.h"
#include "dig/cuda/embeddings.h"
#include "on_cuda.h"

namespace dig {
namespace {

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
  static constexpr const char* kName = "TimestepEmbedding";
  static constexpr std::array<OpInput, 2> kInputs = {
      {{kElementType<float>}, {kElementType<float>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<float>};

  explicit TimestepEmbeddingNode(const Attributes&) {}

  TimestepEmbeddingArguments arguments(const Ort::KernelContext& context) const {
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
    return a;
  }
};

/// PositionEmbedding(grid, frequencies)
struct PositionEmbeddingNode {
  static constexpr const char* kName = "PositionEmbedding";
  static constexpr std::array<OpInput, 2> kInputs = {
      {{kElementType<std::int64_t>, INPUT_OUTPUT_REQUIRED, OrtMemTypeCPUInput},
       {kElementType<double>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<float>};

  explicit PositionEmbeddingNode(const Attributes&) {}

  PositionEmbeddingArguments arguments(const Ort::KernelContext& context) const {
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
    return a;
  }
};

}  // namespace

/// Their function bodies are 20 small kernels, which take longer to launch than to run.
void add_embeddings_cuda(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCuda<TimestepEmbeddingNode>>);
  domain.Add(new Op<OnCuda<PositionEmbeddingNode>>);
}

}  // namespace dig
