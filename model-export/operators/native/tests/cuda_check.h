// The frame of a stand-alone CUDA check.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdio>

namespace dig {

/// A check's exit status: runs it and prints the failures that it returns. Without a GPU it says so
/// and succeeds.
template <typename Check>
int run_check(const Check& check) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device\n");
    return 0;
  }
  const int failures = check();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace dig
