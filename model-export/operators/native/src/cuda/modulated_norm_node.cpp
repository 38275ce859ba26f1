#include "../modulated_norm_node.h"

#include "../register_ops.h"
#include "dig/cuda/modulated_norm.h"
#include "on_cuda.h"

namespace dig {

void add_modulated_norm_cuda(Ort::CustomOpDomain& domain) {
  add_on_cuda<AdaLayerNormNode>(domain);
  add_on_cuda<GatedResidualNode>(domain);
  add_on_cuda<GatedAdaLayerNormNode>(domain);
}

}  // namespace dig
