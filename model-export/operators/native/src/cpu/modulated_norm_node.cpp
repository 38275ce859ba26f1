#include "../modulated_norm_node.h"

#include "../register_ops.h"
#include "dig/cpu/modulated_norm.h"
#include "on_cpu.h"

namespace dig {

void add_modulated_norm_cpu(Ort::CustomOpDomain& domain) {
  add_on_cpu<AdaLayerNormNode, kModulatedNormKernels>(domain);
  add_on_cpu<GatedResidualNode, kModulatedNormKernels>(domain);
  add_on_cpu<GatedAdaLayerNormNode, kModulatedNormKernels>(domain);
}

}  // namespace dig
