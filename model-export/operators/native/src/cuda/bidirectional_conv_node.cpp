#include "../bidirectional_conv_node.h"

#include "../register_ops.h"
#include "dig/cuda/bidirectional_conv.h"
#include "on_cuda.h"

namespace dig {

void add_bidirectional_conv_cuda(Ort::CustomOpDomain& domain) {
  add_on_cuda<BidirectionalConvNode>(domain);
}

}  // namespace dig
