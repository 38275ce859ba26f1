// The cases of one check: random tensors, expectations, and a line for each one that fails.
#pragma once

#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "test_tensors.h"

namespace dig {

class Cases {
 public:
  Cases(std::string type, double tolerance) : type_(std::move(type)), tolerance_(tolerance) {}

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
    if (error <= tolerance_) return;
    ++failures_;
    std::printf("FAILED %s, %s: relative L2 %g\n", type_.c_str(), name.c_str(), error);
  }

  /// Prints the number of cases; returns the number of failures.
  int finish() const {
    std::printf("%s: %d cases\n", type_.c_str(), cases_);
    return failures_;
  }

 private:
  std::string type_;
  double tolerance_;
  std::mt19937 random_{11};
  int cases_ = 0;
  int failures_ = 0;
};

}  // namespace dig
