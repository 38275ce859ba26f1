#include "../swiglu_node.h"

#include "../register_ops.h"
#include "dig/cpu/swiglu.h"
#include "on_cpu.h"

namespace dig {

void add_swiglu_cpu(Ort::CustomOpDomain& domain) { add_on_cpu<SwiGluNode, kSwiGluKernels>(domain); }

}  // namespace dig
