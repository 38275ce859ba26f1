#include "../selective_scan_node.h"

#include "../register_ops.h"
#include "dig/cuda/selective_scan.h"
#include "on_cuda.h"

namespace dig {

void add_selective_scan_cuda(Ort::CustomOpDomain& domain) {
  add_on_cuda<SelectiveScanNode>(domain);
}

}  // namespace dig
