// CUDA errors as exceptions, which become an OrtStatus on their way out.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "../ort_op.h"

namespace dig {

inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw Ort::Exception(
      std::string(what) + ": " + cudaGetErrorName(error) + ", " + cudaGetErrorString(error),
      ORT_EP_FAIL);
}

}  // namespace dig
