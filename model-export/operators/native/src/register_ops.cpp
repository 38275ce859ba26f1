#include "register_ops.h"

#include <exception>

namespace {

/// Sessions keep pointers to the domain and its operators, so it is never freed.
const Ort::CustomOpDomain& dig_domain() {
  static const Ort::CustomOpDomain* const domain = [] {
    auto* created = new Ort::CustomOpDomain("dig");
    dig::add_gla_cpu_ops(*created);
    dig::add_token_cpu_ops(*created);
#if defined(DIG_WITH_CUDA)
    dig::add_gla_cuda_ops(*created);
    dig::add_token_cuda_ops(*created);
    dig::add_embedding_cuda_ops(*created);
    dig::add_group_norm_cuda_ops(*created);
    dig::add_projection_cuda_ops(*created);
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
