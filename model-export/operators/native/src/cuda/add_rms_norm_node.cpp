#include "../add_rms_norm_node.h"

#include "../register_ops.h"
#include "dig/cuda/add_rms_norm.h"
#include "on_cuda.h"

namespace dig {

void add_add_rms_norm_cuda(Ort::CustomOpDomain& domain) { add_on_cuda<AddRmsNormNode>(domain); }

}  // namespace dig
