// The ONNX operator domain of this library: a function per operator and device adds its kernels.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#undef ORT_API_MANUAL_INIT

namespace dig {

void add_gated_linear_attention_cpu(Ort::CustomOpDomain& domain);
void add_modulated_norm_cpu(Ort::CustomOpDomain& domain);
void add_swiglu_cpu(Ort::CustomOpDomain& domain);
void add_depthwise_conv_cpu(Ort::CustomOpDomain& domain);
void add_selective_scan_cpu(Ort::CustomOpDomain& domain);
void add_bidirectional_conv_cpu(Ort::CustomOpDomain& domain);
void add_add_rms_norm_cpu(Ort::CustomOpDomain& domain);

void add_gated_linear_attention_cuda(Ort::CustomOpDomain& domain);
void add_modulated_norm_cuda(Ort::CustomOpDomain& domain);
void add_swiglu_cuda(Ort::CustomOpDomain& domain);
void add_depthwise_conv_cuda(Ort::CustomOpDomain& domain);
void add_selective_scan_cuda(Ort::CustomOpDomain& domain);
void add_bidirectional_conv_cuda(Ort::CustomOpDomain& domain);
void add_add_rms_norm_cuda(Ort::CustomOpDomain& domain);
void add_embeddings_cuda(Ort::CustomOpDomain& domain);
void add_group_norm_silu_cuda(Ort::CustomOpDomain& domain);
void add_softmax_attention_cuda(Ort::CustomOpDomain& domain);
void add_quantization_cuda(Ort::CustomOpDomain& domain);
void add_quantized_projection_cuda(Ort::CustomOpDomain& domain);  ///< as add_projection_cuda
void add_projection_cuda(Ort::CustomOpDomain& domain);  ///< only where every GPU is a Hopper

}  // namespace dig
