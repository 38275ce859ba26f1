#include "dig/cpu/gated_linear_attention.h"

namespace dig {

GlaCpuKernels gla_best() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return gla_avx512();
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return gla_avx2();
#endif
  return gla_portable();
}

}  // namespace dig
