// dig::DepthwiseConv: what its CPU and CUDA nodes share. A node checks its inputs, so the arguments
// it returns are safe for every kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dig/depthwise_conv.h"
#include "ort_op.h"

namespace dig {

/// DepthwiseConv(x, grid, weight, bias; kernel_size)
template <typename T>
class DepthwiseConvNode {
 public:
  static constexpr const char* kName = "DepthwiseConv";
  static constexpr std::array<OpInput, 4> kInputs = {
      {{kElementType<T>},
       {kElementType<std::int64_t>, INPUT_OUTPUT_REQUIRED, OrtMemTypeCPUInput},
       {kElementType<T>},
       {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit DepthwiseConvNode(const Attributes& attributes) {
    const std::int64_t size = attributes.required_int("kernel_size");
    if (size < 1 || size > kMaxKernelSize || size % 2 == 0) {
      refuse(std::string(kName) + ": kernel_size must be odd and 1 to " +
             std::to_string(kMaxKernelSize) + ", not " + std::to_string(size));
    }
    kernel_size_ = static_cast<int>(size);
  }

 protected:
  DepthwiseConvArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), weight = context.GetInput(2),
                          bias = context.GetInput(3);
    const auto shape = shape_of(x);
    if (shape.size() != 3) {
      refuse(std::string(kName) + ": x must be [batch, length, channels], not " + to_string(shape));
    }
    const Grid grid(kName, context.GetInput(1), shape[1]);
    require(kName, "weight", weight, {std::int64_t{kernel_size_} * kernel_size_, shape[2]});
    require(kName, "bias", bias, {shape[2]});
    return {x.GetTensorData<T>(),
            weight.GetTensorData<T>(),
            bias.GetTensorData<T>(),
            context.GetOutput(0, shape).template GetTensorMutableData<T>(),
            shape[0],
            grid.rows,
            grid.columns,
            shape[2],
            kernel_size_};
  }

 private:
  int kernel_size_;
};

}  // namespace dig
