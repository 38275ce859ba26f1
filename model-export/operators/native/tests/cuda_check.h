// The frame of a stand-alone CUDA check.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "cases.h"
#include "device_buffer.h"

namespace dig {

/// The exit status of a check that was skipped, as automake has it.
constexpr int kSkipped = 77;

/// A check's exit status: runs it and prints the number of failures that it returns; kSkipped
/// where there is no GPU.
template <typename Check>
int run_check(const Check& check) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device\n");
    return kSkipped;
  }
  const int failures = check();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

/// A tensor in T on the device.
template <typename T>
class DeviceCopy {
 public:
  DeviceCopy(const float* from, std::int64_t count) {
    if (from == nullptr) return;
    std::vector<T> values;
    convert(std::vector<float>(from, from + count), values);
    device_ = std::make_unique<DeviceBuffer<T>>(values);
  }

  T* get() const { return device_ ? device_->get() : nullptr; }

  void to(float* out) const {
    if (!device_) return;
    std::vector<float> wide;
    convert(device_->to_host(), wide);
    std::copy(wide.begin(), wide.end(), out);
  }

 private:
  std::unique_ptr<DeviceBuffer<T>> device_;
};

/// Runs a call of enqueue_cuda to its end.
template <typename Arguments>
void run_on_cuda(const Arguments& arguments) {
  check(enqueue_cuda(arguments, nullptr), "enqueue_cuda");
  check(cudaDeviceSynchronize(), "run");
}

/// Calls check(T{}, cases) for T = float, Half and BFloat16; returns the number of failures.
template <typename Check>
int for_each_type(const Check& check) {
  Cases floats("float", kFloatTolerance), halves("half", kHalfTolerance),
      bfloats("bfloat16", kBFloat16Tolerance);
  check(float{}, floats);
  check(Half{}, halves);
  check(BFloat16{}, bfloats);
  return floats.finish() + halves.finish() + bfloats.finish();
}

}  // namespace dig
