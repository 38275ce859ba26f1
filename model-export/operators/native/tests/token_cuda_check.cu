// The CUDA kernels of the memory-bound operators against the naive loops; prints a line a failure.
// Needs a GPU: without one it says so and succeeds.

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/token_ops.h"
#include "token_cases.h"

namespace {

using dig::DepthwiseConvArguments;
using dig::ModulationArguments;
using dig::SwiGluArguments;

/// A tensor in T on the device.
template <typename T>
class Copy {
 public:
  Copy(const float* from, std::int64_t count) {
    if (from == nullptr) return;
    std::vector<T> values;
    dig::convert(std::vector<float>(from, from + count), values);
    device_ = std::make_unique<dig::DeviceBuffer<T>>(values);
  }

  T* get() const { return device_ ? device_->get() : nullptr; }

  void to(float* out) const {
    if (!device_) return;
    std::vector<float> wide;
    dig::convert(device_->to_host(), wide);
    std::copy(wide.begin(), wide.end(), out);
  }

 private:
  std::unique_ptr<dig::DeviceBuffer<T>> device_;
};

template <typename T>
struct Cuda {
  void modulate(const ModulationArguments<float>& f) const {
    const std::int64_t size = f.batch * f.length * f.width;
    const Copy<T> x(f.x, size), y(f.y, size), rows(f.modulation, f.batch * f.rows * f.width),
        sum(f.sum, size), normed(f.normed, size);
    run(ModulationArguments<T>{x.get(), y.get(), rows.get(), sum.get(), normed.get(), f.batch,
                               f.length, f.width, f.rows, f.gate, f.shift, f.scale, f.epsilon});
    sum.to(f.sum);
    normed.to(f.normed);
  }

  void swiglu(const SwiGluArguments<float>& f) const {
    const Copy<T> packed(f.packed, f.tokens * 2 * f.width), output(f.output, f.tokens * f.width);
    run(SwiGluArguments<T>{packed.get(), output.get(), f.tokens, f.width});
    output.to(f.output);
  }

  void depthwise_conv(const DepthwiseConvArguments<float>& f) const {
    const std::int64_t size = f.batch * f.rows * f.columns * f.channels;
    const Copy<T> x(f.x, size), weight(f.weight, f.kernel_size * f.kernel_size * f.channels),
        bias(f.bias, f.channels), output(f.output, size);
    run(DepthwiseConvArguments<T>{x.get(), weight.get(), bias.get(), output.get(), f.batch, f.rows,
                                  f.columns, f.channels, f.kernel_size});
    output.to(f.output);
  }

 private:
  template <typename Arguments>
  static void run(const Arguments& arguments) {
    dig::check(dig::token_cuda(arguments, nullptr), "token_cuda");
    dig::check(cudaDeviceSynchronize(), "run");
  }
};

template <typename T>
int failures_of(const char* type, double tolerance) {
  dig::TokenCases cases(tolerance);
  cases.run(Cuda<T>{});
  for (const std::string& failure : cases.failures()) std::printf("FAILED %s\n", failure.c_str());
  std::printf("%s: %d cases\n", type, cases.cases());
  return static_cast<int>(cases.failures().size());
}

}  // namespace

int main() {
  return dig::run_check([] {
    return failures_of<float>("float", dig::kFloatTolerance) +
           failures_of<dig::Half>("half", dig::kHalfTolerance) +
           failures_of<dig::BFloat16>("bfloat16", dig::kBFloat16Tolerance);
  });
}
