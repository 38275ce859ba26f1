#include "../depthwise_conv_node.h"

#include "../register_ops.h"
#include "dig/cpu/depthwise_conv.h"
#include "on_cpu.h"

namespace dig {

void add_depthwise_conv_cpu(Ort::CustomOpDomain& domain) {
  add_on_cpu<DepthwiseConvNode, kDepthwiseConvKernels>(domain);
}

}  // namespace dig
