#include "register_ops.h"

#include <exception>

namespace {

/// Sessions keep pointers to the domain and its operators, so it is never freed.
const Ort::CustomOpDomain& dig_domain() {
  static const Ort::CustomOpDomain* const domain = [] {
    auto* created = new Ort::CustomOpDomain("dig");
    dig::add_gated_linear_attention_cpu(*created);
    dig::add_modulated_norm_cpu(*created);
    dig::add_swiglu_cpu(*created);
    dig::add_depthwise_conv_cpu(*created);
    dig::add_selective_scan_cpu(*created);
    dig::add_bidirectional_conv_cpu(*created);
    dig::add_add_rms_norm_cpu(*created);
#if defined(DIG_WITH_CUDA)
    dig::add_gated_linear_attention_cuda(*created);
    dig::add_modulated_norm_cuda(*created);
    dig::add_swiglu_cuda(*created);
    dig::add_depthwise_conv_cuda(*created);
    dig::add_selective_scan_cuda(*created);
    dig::add_bidirectional_conv_cuda(*created);
    dig::add_add_rms_norm_cuda(*created);
    dig::add_embeddings_cuda(*created);
    dig::add_group_norm_silu_cuda(*created);
    dig::add_projection_cuda(*created);
    dig::add_softmax_attention_cuda(*created);
    dig::add_quantization_cuda(*created);
    dig::add_quantized_projection_cuda(*created);
#endif
    return created;
  }();
  return *domain;
}

}  // namespace

/// The entry point that ONNX Runtime calls in a custom-op library.
extern "C" __attribute__((visibility("default"))) OrtStatus* RegisterCustomOps(
    OrtSessionOptions* options, const OrtApiBase* base) {
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) return nullptr;  // older than the headers: ONNX Runtime has logged it
  Ort::InitApi(api);
  try {
    Ort::ThrowOnError(api->AddCustomOpDomain(options, dig_domain()));
    return nullptr;
  } catch (const Ort::Exception& e) {
    return api->CreateStatus(e.GetOrtErrorCode(), e.what());
  } catch (const std::exception& e) {
    return api->CreateStatus(ORT_FAIL, e.what());
  }
}
