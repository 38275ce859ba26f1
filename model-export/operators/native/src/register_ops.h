// The ONNX operator domain of this library.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

namespace dig {

/// Add the CPU kernels of gated linear attention and of the memory-bound operators to the domain.
void add_gla_cpu_ops(Ort::CustomOpDomain& domain);
void add_token_cpu_ops(Ort::CustomOpDomain& domain);

/// Add the CUDA kernels.
void add_gla_cuda_ops(Ort::CustomOpDomain& domain);
void add_token_cuda_ops(Ort::CustomOpDomain& domain);
void add_embedding_cuda_ops(Ort::CustomOpDomain& domain);
void add_group_norm_cuda_ops(Ort::CustomOpDomain& domain);

/// Adds the CUDA kernels of the projections, where every GPU is a Hopper.
void add_projection_cuda_ops(Ort::CustomOpDomain& domain);

}  // namespace dig
