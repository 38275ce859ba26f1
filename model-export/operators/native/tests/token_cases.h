// The cases of the memory-bound operators, for the CPU's and CUDA's kernels alike.
//
// A Device runs one call: its members modulate, swiglu and depthwise_conv take arguments whose
// tensors are floats on the host and write the output tensors; T is the type that it computes in.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "naive_token_ops.h"
#include "test_tensors.h"

namespace dig {

class TokenCases {
 public:
  explicit TokenCases(double tolerance) : tolerance_(tolerance) {}

  template <typename Device>
  void run(const Device& device) {
    for (const std::int64_t width : {1, 7, 8, 64, 100, 384, 768, 1152, 1536, 2056}) {
      modulation(device, 3, 5, width);
      swiglu(device, 13, width);
    }
    modulation(device, 2, 1, 384);
    modulation(device, 1, 257, 1152);
    for (const std::int64_t channels : {1, 4, 10, 64, 96, 384}) {
      for (const int kernel : {1, 3, 5}) {
        depthwise_conv(device, 2, 7, 5, channels, kernel);
      }
      depthwise_conv(device, 1, 1, 1, channels, 3);
      depthwise_conv(device, 1, 1, 40, channels, 3);
      depthwise_conv(device, 1, 33, 2, channels, 3);
    }
    depthwise_conv(device, 3, 16, 18, 384, 3);
    // Enough tiles of 16 x 16 tokens and 64 channels for the kernel that has them.
    depthwise_conv(device, 12, 16, 18, 384, 3);
    depthwise_conv(device, 70, 20, 3, 72, 3);
    depthwise_conv(device, 40, 33, 16, 8, 3);
  }

  int cases() const { return cases_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  /// Numbers of eight bits of mantissa or fewer, exact in every type.
  std::vector<float> draw(std::int64_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& x : values) {
      x = std::fmin(std::fmax(std::round(normal(random_) * 32.0f), -127.0f), 127.0f) / 32.0f;
    }
    return values;
  }

  void expect(const std::string& name, const std::vector<float>& actual,
              const std::vector<float>& expected) {
    ++cases_;
    const double error = distance(actual, expected);
    if (!(error <= tolerance_)) {
      failures_.push_back(name + ": relative L2 " + std::to_string(error));
    }
  }

  template <typename Device>
  void modulation(const Device& device, std::int64_t batch, std::int64_t length,
                  std::int64_t width) {
    constexpr std::int64_t kRows = 7;
    const std::vector<float> x = draw(batch * length * width), y = draw(batch * length * width),
                             rows = draw(batch * kRows * width);
    std::vector<float> sum(x.size()), normed(x.size());
    const std::string name = " of [" + std::to_string(batch) + ", " + std::to_string(length) +
                             ", " + std::to_string(width) + "]";
    ModulationArguments<float> a = {x.data(), y.data(), rows.data(), sum.data(), normed.data(),
                                    batch,    length,   width,       kRows,      3,
                                    6,        1,        1e-6f};
    device.modulate(a);
    expect("sum" + name, sum, naive_sum(a));
    // One channel has no variance: what is left is rounding.
    if (width > 1) expect("normed sum" + name, normed, naive_normed(a));
    a.normed = nullptr;
    device.modulate(a);
    expect("sum alone" + name, sum, naive_sum(a));
    a.y = nullptr;
    a.sum = nullptr;
    a.normed = normed.data();
    device.modulate(a);
    expect("normed" + name, normed, naive_normed(a));
  }

  template <typename Device>
  void swiglu(const Device& device, std::int64_t tokens, std::int64_t width) {
    std::vector<float> packed = draw(tokens * 2 * width);
    packed[0] = 120;  // neither e^120 nor e^-120 is a float
    packed[static_cast<std::size_t>(2 * width)] = -120;
    std::vector<float> output(static_cast<std::size_t>(tokens * width));
    const SwiGluArguments<float> a = {packed.data(), output.data(), tokens, width};
    device.swiglu(a);
    expect("swiglu of [" + std::to_string(tokens) + ", " + std::to_string(width) + "]", output,
           naive_swiglu(a));
  }

  template <typename Device>
  void depthwise_conv(const Device& device, std::int64_t batch, std::int64_t rows,
                      std::int64_t columns, std::int64_t channels, int kernel) {
    const std::vector<float> x = draw(batch * rows * columns * channels),
                             weight = draw(kernel * kernel * channels), bias = draw(channels);
    std::vector<float> output(x.size());
    const DepthwiseConvArguments<float> a = {x.data(),      weight.data(), bias.data(),
                                             output.data(), batch,         rows,
                                             columns,       channels,      kernel};
    device.depthwise_conv(a);
    expect("convolution " + std::to_string(kernel) + " of [" + std::to_string(batch) + ", " +
               std::to_string(rows) + ", " + std::to_string(columns) + ", " +
               std::to_string(channels) + "]",
           output, naive_depthwise_conv(a));
  }

  double tolerance_;
  std::mt19937 random_{11};
  int cases_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace dig
