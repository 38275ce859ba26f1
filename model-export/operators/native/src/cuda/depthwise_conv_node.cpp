#include "../depthwise_conv_node.h"

#include "../register_ops.h"
#include "dig/cuda/depthwise_conv.h"
#include "on_cuda.h"

namespace dig {

void add_depthwise_conv_cuda(Ort::CustomOpDomain& domain) {
  add_on_cuda<DepthwiseConvNode>(domain);
}

}  // namespace dig
