#include <algorithm>

#include "../register_ops.h"
#include "../token_nodes.h"
#include "dig/cpu/token_ops.h"

namespace dig {
namespace {

const TokenKernels<float>& kernels_for(float*) { return token_best().for_float; }
const TokenKernels<Half>& kernels_for(Half*) { return token_best().for_half; }

template <typename T>
const TokenKernels<T>& kernels() {
  return kernels_for(static_cast<T*>(nullptr));
}

template <typename Arguments>
using Kernel = void (*)(const Arguments&, std::int64_t, std::int64_t);

/// Spreads the units of a call over ONNX Runtime's threads.
template <typename Arguments>
void spread(const Ort::KernelContext& context, const Arguments& arguments, std::int64_t units,
            Kernel<Arguments> kernel) {
  struct Call {
    const Arguments& arguments;
    Kernel<Arguments> kernel;
    std::int64_t units;
    std::int64_t tasks;

    static void run(void* self, std::size_t task) noexcept {
      const auto& call = *static_cast<const Call*>(self);
      const auto index = static_cast<std::int64_t>(task);
      call.kernel(call.arguments, index * call.units / call.tasks,
                  (index + 1) * call.units / call.tasks);
    }
  };
  constexpr std::int64_t kMaxTasks = 64;
  if (units == 0) return;
  Call call{arguments, kernel, units, std::min(units, kMaxTasks)};
  context.ParallelFor(&Call::run, static_cast<std::size_t>(call.tasks), 0, &call);
}

template <typename T>
void run(const Ort::KernelContext& context, const ModulationArguments<T>& a) {
  spread(context, a, a.batch * a.length, kernels<T>().modulate);
}

template <typename T>
void run(const Ort::KernelContext& context, const SwiGluArguments<T>& a) {
  spread(context, a, a.tokens, kernels<T>().swiglu);
}

template <typename T>
void run(const Ort::KernelContext& context, const DepthwiseConvArguments<T>& a) {
  spread(context, a, a.batch * a.rows, kernels<T>().depthwise_conv);
}

template <typename Node>
class OnCpu : public Node {
 public:
  static constexpr const char* kProvider = nullptr;

  using Node::Node;

  void compute(const Ort::KernelContext& context) const { run(context, this->arguments(context)); }
};

template <template <typename> class Node>
void add(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCpu<Node<float>>>);
  domain.Add(new Op<OnCpu<Node<Half>>>);
}

}  // namespace

void add_token_cpu_ops(Ort::CustomOpDomain& domain) {
  add<AdaLayerNormNode>(domain);
  add<GatedResidualNode>(domain);
  add<GatedAdaLayerNormNode>(domain);
  add<SwiGluNode>(domain);
  add<DepthwiseConvNode>(domain);
}

}  // namespace dig
