#include "../selective_scan_node.h"

#include "../register_ops.h"
#include "dig/cpu/selective_scan.h"
#include "on_cpu.h"

namespace dig {

void add_selective_scan_cpu(Ort::CustomOpDomain& domain) {
  add_on_cpu<SelectiveScanNode, kSelectiveScanKernels>(domain);
}

}  // namespace dig
