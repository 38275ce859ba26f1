// dig::SwiGLU: what its CPU and CUDA nodes share. A node checks its inputs, so the arguments it
// returns are safe for every kernel.
#pragma once

#include <array>
#include <string>

#include "dig/swiglu.h"
#include "ort_op.h"

namespace dig {

/// SwiGLU(packed)
template <typename T>
class SwiGluNode {
 public:
  static constexpr const char* kName = "SwiGLU";
  static constexpr std::array<OpInput, 1> kInputs = {{{kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 1> kOutputs = {kElementType<T>};

  explicit SwiGluNode(const Attributes&) {}

 protected:
  SwiGluArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue packed = context.GetInput(0);
    auto shape = shape_of(packed);
    if (shape.empty() || shape.back() % 2 != 0) {
      refuse(std::string(kName) + ": packed must have an even last axis, not " + to_string(shape));
    }
    SwiGluArguments<T> a{};
    shape.back() /= 2;
    a.width = shape.back();
    a.tokens = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) a.tokens *= shape[i];
    a.packed = packed.GetTensorData<T>();
    a.output = context.GetOutput(0, shape).template GetTensorMutableData<T>();
    return a;
  }
};

}  // namespace dig
