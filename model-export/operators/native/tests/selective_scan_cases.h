// The cases of SelectiveScan, for CPU and CUDA kernels alike.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "cases.h"
#include "selective_scan_naive.h"

namespace dig {

/// Calls run with the arguments in T, whose tensors are copies of those of `f`; outputs come back.
template <typename T, template <typename> class Copy, typename Run>
void selective_scan_in(const SelectiveScanArguments<float>& f, const Run& run) {
  const std::int64_t tokens = f.batch * f.length, size = tokens * f.inner,
                     matrices = tokens * f.matrices_width;
  Copy<T> packed(f.packed, 2 * size), u0(f.u[0], size), u1(f.u[1], size), step0(f.step[0], size),
      step1(f.step[1], size), matrices0(f.matrices[0], matrices),
      matrices1(f.matrices[1], matrices), output(f.output, size);
  Copy<float> a(f.a, 2 * kScanStates * f.inner), skip(f.skip, 2 * f.inner),
      step_bias(f.step_bias, 2 * f.inner);
  run(SelectiveScanArguments<T>{packed.get(),
                                {u0.get(), u1.get()},
                                {step0.get(), step1.get()},
                                {matrices0.get(), matrices1.get()},
                                a.get(),
                                skip.get(),
                                step_bias.get(),
                                output.get(),
                                f.batch,
                                f.length,
                                f.inner,
                                f.matrices_width});
  output.to(f.output);
}

/// What a case is: its sizes, and the sizes of its steps.
struct ScanCase {
  std::int64_t batch, length, inner, matrices_width;
  float step_scale, step_bias;

  std::string name() const {
    return "[" + std::to_string(batch) + ", " + std::to_string(length) + ", " +
           std::to_string(inner) + "] matrices of " + std::to_string(matrices_width) + " steps x" +
           std::to_string(step_scale) + " bias " + std::to_string(step_bias);
  }
};

/// The tensors of a case.
struct ScanTensors {
  std::vector<float> packed, u[2], step[2], matrices[2], a, skip, step_bias, output;
  SelectiveScanArguments<float> arguments;

  ScanTensors(Cases& cases, const ScanCase& c) {
    const std::int64_t tokens = c.batch * c.length, size = tokens * c.inner;
    packed = cases.draw(2 * size);
    for (int i = 0; i < 2; ++i) {
      u[i] = cases.draw(size);
      step[i] = cases.draw(size);
      for (float& x : step[i]) x *= c.step_scale;
      matrices[i] = cases.draw(tokens * c.matrices_width);
    }
    a = cases.draw(2 * kScanStates * c.inner);
    for (float& x : a) x = -std::exp(x);
    skip = cases.draw(2 * c.inner);
    step_bias = cases.draw(2 * c.inner);
    for (float& x : step_bias) x += c.step_bias;
    output.resize(static_cast<std::size_t>(size));
    arguments = {packed.data(),
                 {u[0].data(), u[1].data()},
                 {step[0].data(), step[1].data()},
                 {matrices[0].data(), matrices[1].data()},
                 a.data(),
                 skip.data(),
                 step_bias.data(),
                 output.data(),
                 c.batch,
                 c.length,
                 c.inner,
                 c.matrices_width};
  }
  ScanTensors(const ScanTensors&) = delete;
};

template <typename Run>
void selective_scan_case(Cases& cases, const Run& run, const ScanCase& c) {
  ScanTensors tensors(cases, c);
  run(tensors.arguments);
  cases.expect(c.name(), tensors.output, naive_selective_scan(tensors.arguments));
}

/// A NaN in a token's step reaches exactly the outputs of its channel: in direction 0 those of the
/// token and after it, in direction 1 those of the token and before it.
template <typename Run>
void nan_stays_in_its_channel(Cases& cases, const Run& run, int direction) {
  const ScanCase c = {2, 37, 40, 40, 1, -2};
  ScanTensors tensors(cases, c);
  const std::int64_t batch = 1, token = 20, channel = 33;
  tensors
      .step[direction][static_cast<std::size_t>((batch * c.length + token) * c.inner + channel)] =
      NAN;
  run(tensors.arguments);
  std::vector<float> found, expected;
  for (std::int64_t i = 0; i < c.batch * c.length * c.inner; ++i) {
    const std::int64_t t = i / c.inner % c.length;
    const bool reached = i / c.inner / c.length == batch && i % c.inner == channel &&
                         (direction == 0 ? t >= token : t <= token);
    found.push_back(std::isnan(tensors.output[static_cast<std::size_t>(i)]) ? 1.0f : 0.0f);
    expected.push_back(reached ? 1.0f : 0.0f);
  }
  cases.expect("NaN in direction " + std::to_string(direction), found, expected);
}

/// run(SelectiveScanArguments<float>) writes the output, whatever type it computes in.
template <typename Run>
void selective_scan_cases(Cases& cases, const Run& run) {
  for (const std::int64_t length : {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130}) {
    selective_scan_case(cases, run, {1, length, 32, 40, 1, -2});
    selective_scan_case(cases, run, {2, length, 96, 35, 1, -4});
  }
  for (const std::int64_t inner : {1, 2, 8, 10, 24, 40, 64, 72, 100, 736}) {
    selective_scan_case(cases, run, {2, 19, inner, 56, 1, -3});
    selective_scan_case(cases, run, {3, 48, inner, 32, 1, 0});
  }
  selective_scan_case(cases, run, {1, 1000, 64, 96, 1, -4});
  for (const float scale : {0.0f, 4.0f, 16.0f, 512.0f}) {
    selective_scan_case(cases, run, {2, 50, 40, 40, scale, 0});
  }
  for (const float bias : {-60.0f, -20.0f, -9.0f, 9.0f, 200.0f}) {
    selective_scan_case(cases, run, {1, 40, 32, 32, 1, bias});
  }
  for (int direction = 0; direction < 2; ++direction) {
    nan_stays_in_its_channel(cases, run, direction);
  }
}

}  // namespace dig
