// CPU nodes whose calls fall into units that threads share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../ort_op.h"
#include "dig/cpu/instruction_set.h"

namespace dig {

/// Spreads the units of a call over ONNX Runtime's threads.
template <typename Arguments>
void spread(const Ort::KernelContext& context, const Arguments& arguments,
            CpuKernel<Arguments> kernel) {
  struct Call {
    const Arguments& arguments;
    CpuKernel<Arguments> kernel;
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
  const std::int64_t units = arguments.units();
  if (units == 0) return;
  Call call{arguments, kernel, units, std::min(units, kMaxTasks)};
  context.ParallelFor(&Call::run, static_cast<std::size_t>(call.tasks), 0, &call);
}

template <template <typename> class Arguments>
CpuKernel<Arguments<float>> kernel_for(const CpuKernels<Arguments>& kernels, float*) {
  return kernels.for_float;
}

template <template <typename> class Arguments>
CpuKernel<Arguments<Half>> kernel_for(const CpuKernels<Arguments>& kernels, Half*) {
  return kernels.for_half;
}

/// `Node` with the best of `kKernels`.
template <typename T, template <typename> class Node, const auto& kKernels>
class OnCpu : public Node<T> {
 public:
  static constexpr const char* kProvider = nullptr;

  using Node<T>::Node;

  void compute(const Ort::KernelContext& context) const {
    spread(context, this->arguments(context),
           kernel_for(kKernels.best(), static_cast<T*>(nullptr)));
  }
};

template <template <typename> class Node, const auto& kKernels>
void add_on_cpu(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<OnCpu<float, Node, kKernels>>);
  domain.Add(new Op<OnCpu<Half, Node, kKernels>>);
}

}  // namespace dig
