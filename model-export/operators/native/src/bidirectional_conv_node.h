// dig::BidirectionalConv: what its CPU and CUDA nodes share. A node checks its inputs, so the
// arguments it returns are safe for every kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dig/bidirectional_conv.h"
#include "ort_op.h"

namespace dig {

/// BidirectionalConv(packed, weight, bias), with outputs forward and backward
template <typename T>
class BidirectionalConvNode {
 public:
  static constexpr const char* kName = "BidirectionalConv";
  static constexpr std::array<OpInput, 3> kInputs = {
      {{kElementType<T>}, {kElementType<T>}, {kElementType<T>}}};
  static constexpr std::array<ONNXTensorElementDataType, 2> kOutputs = {kElementType<T>,
                                                                        kElementType<T>};

  explicit BidirectionalConvNode(const Attributes&) {}

 protected:
  BidirectionalConvArguments<T> arguments(const Ort::KernelContext& context) const {
    const Ort::ConstValue packed = context.GetInput(0), weight = context.GetInput(1),
                          bias = context.GetInput(2);
    const auto shape = shape_of(packed);
    if (shape.size() != 3 || shape[2] % 2 != 0) {
      refuse(std::string(kName) + ": packed must be [batch, length, 2 * inner], not " +
             to_string(shape));
    }
    BidirectionalConvArguments<T> a{};
    a.batch = shape[0];
    a.length = shape[1];
    a.inner = shape[2] / 2;
    require(kName, "weight", weight, {2, kConvTaps, a.inner});
    require(kName, "bias", bias, {2, a.inner});
    a.packed = packed.GetTensorData<T>();
    a.weight = weight.GetTensorData<T>();
    a.bias = bias.GetTensorData<T>();
    for (std::size_t i = 0; i < 2; ++i) {
      a.output[i] =
          context.GetOutput(i, {a.batch, a.length, a.inner}).template GetTensorMutableData<T>();
    }
    return a;
  }
};

}  // namespace dig
