#include "../add_rms_norm_node.h"

#include "../register_ops.h"
#include "dig/cpu/add_rms_norm.h"
#include "on_cpu.h"

namespace dig {

void add_add_rms_norm_cpu(Ort::CustomOpDomain& domain) {
  add_on_cpu<AddRmsNormNode, kAddRmsNormKernels>(domain);
}

}  // namespace dig
