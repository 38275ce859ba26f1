// The CUDA kernels of gated linear attention against the naive loop; prints a line per failure.
// Needs a GPU: without one it exits with 77, "skipped".
//
//   gated_linear_attention_cuda_check [quick | few]     quick, few: small cases, for
//   compute-sanitizer

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "cuda_check.h"
#include "device_buffer.h"
#include "dig/cuda/gated_linear_attention.h"
#include "gated_linear_attention_naive.h"
#include "test_tensors.h"

namespace {

using dig::BFloat16;
using dig::Case;
using dig::DeviceBuffer;
using dig::GlaArguments;
using dig::Half;
using dig::Tensors;

int failures = 0;
int cases = 0;

void fail(const std::string& what) {
  std::printf("FAILED %s\n", what.c_str());
  ++failures;
}

template <typename T>
constexpr const char* kName = "float";
template <>
constexpr const char* kName<Half> = "half";
template <>
constexpr const char* kName<BFloat16> = "bfloat16";

template <typename T>
constexpr double kTolerance = dig::kFloatTolerance;
template <>
constexpr double kTolerance<Half> = dig::kHalfTolerance;
template <>
constexpr double kTolerance<BFloat16> = dig::kBFloat16Tolerance;

/// The operator's tensors on the device; the output and the workspace are NaN at first.
template <typename T>
struct DeviceCall {
  template <typename U>
  static std::vector<U> converted(const std::vector<float>& values) {
    std::vector<U> result;
    dig::convert(values, result);
    return result;
  }

  explicit DeviceCall(const Tensors& tensors)
      : packed(converted<T>(tensors.packed)),
        bias(converted<T>(tensors.bias)),
        weight(converted<T>(tensors.weight)),
        output(static_cast<std::size_t>(tensors.arguments.batch * tensors.arguments.length *
                                        tensors.arguments.output_stride())),
        output_bytes(sizeof(T) *
                     static_cast<std::size_t>(tensors.arguments.batch * tensors.arguments.length *
                                              tensors.arguments.output_stride())),
        arguments(on_device(tensors.arguments)),
        workspace(dig::gla_cuda_workspace(arguments)) {
    dig::check(cudaMemset(output.get(), 0xff, output_bytes), "memset");
    if (workspace.get() != nullptr) {
      dig::check(cudaMemset(workspace.get(), 0xff, dig::gla_cuda_workspace(arguments)), "memset");
    }
    dig::check(cudaDeviceSynchronize(), "memset");
  }

  GlaArguments<T> on_device(const GlaArguments<float>& f) const {
    return {packed.get(), bias.get(),        weight.get(), output.get(), f.batch,
            f.length,     f.row_stride,      f.heads,      f.key_size,   f.value_size,
            f.order,      f.gate_normalizer, f.epsilon};
  }

  void enqueue(cudaStream_t stream) {
    dig::check(dig::gla_cuda(arguments, workspace.get(), stream), "gla_cuda");
  }

  std::vector<float> result() const {
    std::vector<float> values;
    dig::convert(output.to_host(), values);
    return values;
  }

  DeviceBuffer<T> packed, bias, weight, output;
  std::size_t output_bytes;
  GlaArguments<T> arguments;
  DeviceBuffer<char> workspace;
};

template <typename T>
std::vector<float> run(const Tensors& tensors) {
  DeviceCall<T> call(tensors);
  call.enqueue(nullptr);
  dig::check(cudaDeviceSynchronize(), "run");
  return call.result();
}

template <typename T>
void compare(const Tensors& tensors, const std::vector<float>& expected, const std::string& name) {
  ++cases;
  const double error = dig::distance(run<T>(tensors), expected);
  if (!(error <= kTolerance<T>)) {
    fail(std::string(kName<T>) + ", " + name + ": relative L2 " + std::to_string(error));
  }
}

void compare_types(const Tensors& tensors, const std::string& name) {
  const std::vector<float> expected = dig::naive_gla<float>(tensors.arguments);
  compare<Half>(tensors, expected, name);
  compare<BFloat16>(tensors, expected, name);
  compare<float>(tensors, dig::naive_gla<double>(tensors.arguments), name);
}

void compare_types(const Case& c) { compare_types(Tensors(c), c.name()); }

void lengths(bool quick) {
  std::vector<int> all = {1, 15, 16, 17, 63, 64, 65, 130, 255, 256, 257, 1000};
  if (!quick) all.insert(all.end(), {2048, 4096});
  for (const int length : all) {
    compare_types({1, 1, length, 2, 32, 64, 0, true, true, 1});
    compare_types({2, length, 1, 1, 32, 64, 3, false, false, 1});
  }
}

void directions_and_batches() {
  for (int direction = 0; direction < 4; ++direction) {
    compare_types({7, 3, 5, 3, 32, 64, direction, true, true, 1});
    compare_types({1, 20, 31, 18, 32, 64, direction, true, false, 1});
    compare_types({2, 31, 20, 6, 32, 64, direction, false, true, 1});
  }
}

/// Groups of several segments, of two and of one (see gated_linear_attention_chunked.cuh).
void long_sequences() {
  compare_types({1, 100, 70, 2, 32, 64, 3, true, true, 1});
  compare_types({10, 32, 36, 10, 32, 64, 2, true, true, 1});
  compare_types({8, 32, 40, 18, 32, 64, 1, true, false, 1});
}

void other_head_sizes() {
  for (const int key_size : {1, 16, 33, 64, 128}) {
    for (const int value_size : {1, 16, 33, 64, 128}) {
      compare_types({2, 5, 7, 2, key_size, value_size, 1, true, true, 1});
    }
  }
}

void extreme_gates() {
  for (const float scale : {0.0f, 1e-30f, 10.0f, 40.0f, 100.0f}) {
    compare_types({1, 6, 90, 2, 32, 64, 0, false, false, scale});
  }
  for (const float gate : {-80.0f, 80.0f, -60000.0f, 60000.0f, -INFINITY, INFINITY}) {
    Tensors tensors({1, 6, 90, 2, 32, 64, 0, false, false, 1});
    tensors.set_gates(gate);
    compare_types(tensors, "gates of " + std::to_string(gate));
  }
}

template <typename T>
void nan_containment(float poison) {
  const Case c = {2, 9, 61, 3, 32, 64, 1, false, false, 1};
  const Tensors clean(c);
  const GlaArguments<float>& a = clean.arguments;
  for (const int t : {0, 5, 8, 15, 16, 63, 64, 300, 548}) {
    for (const std::int64_t column :
         {std::int64_t{40}, a.key_offset() + 33, a.value_offset() + 70, a.gate_offset() + 50}) {
      ++cases;
      Tensors tensors(c);
      const std::int64_t row = (a.length + a.order.token(t)) * a.row_stride;
      tensors.packed[static_cast<std::size_t>(row + column)] = poison;
      const std::vector<float> expected = dig::naive_gla<float>(tensors.arguments);
      const std::vector<float> actual = run<T>(tensors);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if (std::isfinite(expected[i]) != std::isfinite(actual[i])) {
          fail(std::string(kName<T>) + ": " + std::to_string(poison) + " in column " +
               std::to_string(column) + " of visit " + std::to_string(t) + ": output " +
               std::to_string(i) + " is " + std::to_string(actual[i]) + ", should be " +
               std::to_string(expected[i]));
          break;
        }
      }
    }
  }
}

/// Many calls in several streams at once, each with its own workspace.
void concurrent_streams() {
  const Tensors tensors({2, 20, 50, 6, 32, 64, 2, true, true, 1});
  const std::vector<float> expected = run<Half>(tensors);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tensors, &expected, &wrong, i] {
      cudaStream_t stream;
      dig::check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
      DeviceCall<Half> call(tensors);
      for (int n = 0; n < 50; ++n) call.enqueue(stream);
      dig::check(cudaStreamSynchronize(stream), "stream");
      wrong[static_cast<std::size_t>(i)] = call.result() != expected;
      dig::check(cudaStreamDestroy(stream), "stream");
    });
  }
  for (std::thread& thread : threads) thread.join();
  ++cases;
  for (const int w : wrong) {
    if (w != 0) fail("concurrent streams: not the bits of a lone call");
  }
}

/// All cases, or those that `which` names.
void compare(const std::string& which) {
  if (which == "few") {
    compare_types({1, 20, 31, 2, 32, 64, 3, true, true, 1});
    compare_types({1, 40, 64, 1, 32, 64, 0, false, false, 1});
    compare_types({2, 16, 16, 3, 32, 64, 2, true, true, 1});
    compare_types({1, 13, 10, 2, 32, 64, 1, false, true, 1});
    return;
  }
  const bool quick = which == "quick";
  lengths(quick);
  directions_and_batches();
  extreme_gates();
  if (!quick) {
    long_sequences();
    other_head_sizes();
    for (const float poison : {NAN, INFINITY}) {
      nan_containment<Half>(poison);
      nan_containment<BFloat16>(poison);
      nan_containment<float>(poison);
    }
  }
  concurrent_streams();
}

}  // namespace

int main(int argc, char** argv) {
  return dig::run_check([&] {
    compare(argc > 1 ? argv[1] : "all");
    std::printf("%d cases\n", cases);
    return failures;
  });
}
