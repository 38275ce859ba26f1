#include "../swiglu_node.h"

#include "../register_ops.h"
#include "dig/cuda/swiglu.h"
#include "on_cuda.h"

namespace dig {

void add_swiglu_cuda(Ort::CustomOpDomain& domain) { add_on_cuda<SwiGluNode>(domain); }

}  // namespace dig
