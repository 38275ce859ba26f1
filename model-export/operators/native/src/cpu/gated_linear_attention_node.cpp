#include "../gated_linear_attention_node.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "../register_ops.h"
#include "dig/cpu/gated_linear_attention.h"

namespace dig {
namespace {

GlaCpuKernel<float> best(float*) { return kGatedLinearAttentionKernels.best().for_float; }
GlaCpuKernel<Half> best(Half*) { return kGatedLinearAttentionKernels.best().for_half; }

/// Zeroed memory at a cache line's boundary.
class ZeroedBuffer {
 public:
  explicit ZeroedBuffer(std::size_t floats) {
    const std::size_t bytes = (floats * sizeof(float) + 63) / 64 * 64;
    memory_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    if (memory_ == nullptr) throw std::bad_alloc();
    std::memset(memory_.get(), 0, bytes);
  }

  float* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> memory_;
};

template <typename T>
class GlaCpuNode : public GlaNode<T> {
 public:
  static constexpr const char* kProvider = nullptr;

  explicit GlaCpuNode(const Attributes& attributes) : GlaNode<T>(attributes) {}

  void compute(const Ort::KernelContext& context) const {
    const GlaArguments<T> a = this->arguments(context);
    const std::int64_t units = a.batch * a.heads;
    if (units == 0 || a.length == 0) return;
    const std::int64_t cores = std::max(1u, std::thread::hardware_concurrency());
    const std::int64_t tasks = std::min<std::int64_t>(units, kTasksPerCore * cores);
    const GlaCpuKernel<T> kernel = best(static_cast<T*>(nullptr));
    const std::size_t floats = (kernel.scratch_floats(a.key_size, a.value_size) + 15) / 16 * 16;
    const ZeroedBuffer scratch(floats * static_cast<std::size_t>(tasks));
    Call call{a, kernel, units, tasks, scratch.get(), floats};
    context.ParallelFor(&Call::run, static_cast<std::size_t>(tasks), 0, &call);
  }

 private:
  /// More tasks than cores balance the load; too many leave no group of heads together.
  static constexpr std::int64_t kTasksPerCore = 4;

  struct Call {
    const GlaArguments<T>& arguments;
    const GlaCpuKernel<T>& kernel;
    std::int64_t units;
    std::int64_t tasks;
    float* scratch;
    std::size_t scratch_floats;

    static void run(void* self, std::size_t task) noexcept {
      const auto& call = *static_cast<const Call*>(self);
      const auto index = static_cast<std::int64_t>(task);
      call.kernel.run(call.arguments, index * call.units / call.tasks,
                      (index + 1) * call.units / call.tasks,
                      call.scratch + task * call.scratch_floats);
    }
  };
};

}  // namespace

void add_gated_linear_attention_cpu(Ort::CustomOpDomain& domain) {
  domain.Add(new Op<GlaCpuNode<float>>);
  domain.Add(new Op<GlaCpuNode<Half>>);
}

}  // namespace dig
