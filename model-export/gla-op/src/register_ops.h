// The ONNX operator domain of this library.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

namespace dig {

/// Adds the operators' CPU kernels to the domain.
void add_cpu_ops(Ort::CustomOpDomain& domain);

/// Adds the operators' CUDA kernels to the domain.
void add_cuda_ops(Ort::CustomOpDomain& domain);

}  // namespace dig
