// dig::SelectiveScan: what its CPU and CUDA nodes share. A node checks its inputs, so the arguments
// it returns are safe for every kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dig/selective_scan.h"
#include "ort_op.h"

namespace dig {

/// SelectiveScan(packed, forward, backward, forward_step, backward_step, forward_matrices,
/// backward_matrices, a, skip, step_bias)
template <typename T>
class SelectiveScanNode {
 public:
  static constexpr const char* kName = "SelectiveScan";
  static constexpr std::array<OpInput, 10> kInputs = {{{kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<T>},
                                                       {kElementType<float>},
                                                       {kElementType<float>},
                                                       {kElementType<float>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit SelectiveScanNode(const Attributes&) {}

 protected:
  SelectiveScanArguments<T> arguments(const Ort::KernelContext& context) const {
    const auto shape = shape_of(context.GetInput(1));
    if (shape.size() != 3) {
      refuse(std::string(kName) + ": forward must be [batch, length, inner], not " +
             to_string(shape));
    }
    SelectiveScanArguments<T> a{};
    a.batch = shape[0];
    a.length = shape[1];
    a.inner = shape[2];
    const auto matrices = shape_of(context.GetInput(5));
    if (matrices.size() != 3 || matrices[2] < 2 * kScanStates) {
      refuse(std::string(kName) + ": forward_matrices must be [batch, length, at least " +
             std::to_string(2 * kScanStates) + "], not " + to_string(matrices));
    }
    a.matrices_width = matrices[2];
    a.packed = tensor<T>(context, 0, "packed", {a.batch, a.length, 2 * a.inner});
    for (std::size_t i = 0; i < 2; ++i) {
      a.u[i] = tensor<T>(context, 1 + i, i == 0 ? "forward" : "backward", shape);
      a.step[i] = tensor<T>(context, 3 + i, i == 0 ? "forward_step" : "backward_step", shape);
      a.matrices[i] = tensor<T>(context, 5 + i, i == 0 ? "forward_matrices" : "backward_matrices",
                                {a.batch, a.length, a.matrices_width});
    }
    a.a = tensor<float>(context, 7, "a", {2, kScanStates, a.inner});
    a.skip = tensor<float>(context, 8, "skip", {2, a.inner});
    a.step_bias = tensor<float>(context, 9, "step_bias", {2, a.inner});
    a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
    return a;
  }

 private:
  template <typename Element>
  static const Element* tensor(const Ort::KernelContext& context, std::size_t index,
                               const char* name, const std::vector<std::int64_t>& expected) {
    const Ort::ConstValue value = context.GetInput(index);
    require(kName, name, value, expected);
    return value.GetTensorData<Element>();
  }
};

}  // namespace dig
