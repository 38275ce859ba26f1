// dig::AddRmsNorm: what its CPU and CUDA nodes share. A node checks its inputs, so the arguments it
// returns are safe for every kernel.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "dig/add_rms_norm.h"
#include "ort_op.h"

namespace dig {

/// AddRmsNorm(x, residual, weight; epsilon), with outputs sum and normed
template <typename T>
class AddRmsNormNode {
 public:
  static constexpr const char* kName = "AddRmsNorm";
  static constexpr std::array<OpInput, 3> kInputs = {
      {{kElementType<T>}, {kElementType<float>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 2> kOutputs = {kElementType<float>,
                                                                        kElementType<T>};

  explicit AddRmsNormNode(const Attributes& attributes)
      : epsilon_(attributes.float_or("epsilon", 1e-5f)) {
    if (!(epsilon_ >= 0) || std::isinf(epsilon_)) {
      refuse(std::string(kName) + ": epsilon must be finite and not negative, not " +
             std::to_string(epsilon_));
    }
  }

 protected:
  AddRmsNormArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue x = context.GetInput(0), residual = context.GetInput(1),
                          weight = context.GetInput(2);
    const auto shape = shape_of(residual);
    if (shape.size() != 3) {
      refuse(std::string(kName) + ": residual must be [batch, length, width], not " +
             to_string(shape));
    }
    require(kName, "x", x, shape);
    require(kName, "weight", weight, {shape[2]});
    return {residual.GetTensorData<float>(),
            x.GetTensorData<T>(),
            weight.GetTensorData<T>(),
            context.GetOutput(0, shape).template GetTensorMutableData<float>(),
            context.GetOutput(1, shape).template GetTensorMutableData<T>(),
            shape[0] * shape[1],
            shape[2],
            epsilon_};
  }

 private:
  float epsilon_;
};

}  // namespace dig
