#include "../bidirectional_conv_node.h"

#include "../register_ops.h"
#include "dig/cpu/bidirectional_conv.h"
#include "on_cpu.h"

namespace dig {

void add_bidirectional_conv_cpu(Ort::CustomOpDomain& domain) {
  add_on_cpu<BidirectionalConvNode, kBidirectionalConvKernels>(domain);
}

}  // namespace dig
