#include "dig/cpu/gated_linear_attention.h"
#include "dig/cpu/token_ops.h"

namespace dig {
namespace {

#if defined(__x86_64__)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
bool has_avx512() { return false; }
bool has_avx2() { return false; }
#endif

}  // namespace

GlaCpuKernels gla_best() {
  return has_avx512() ? gla_avx512() : has_avx2() ? gla_avx2() : gla_portable();
}

const TokenCpuKernels& token_best() {
  return has_avx512() ? token_avx512() : has_avx2() ? token_avx2() : token_portable();
}

}  // namespace dig
