// Device memory whose life is a span of a stream.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace dig {

/// Allocated and freed in the order of the stream, so that no other stream can be given the memory
/// while work enqueued in this one still uses it. (ONNX Runtime's arena knows of no stream when a
/// custom operator asks it.) The memory comes from a pool of this library that keeps what it has.
class StreamMemory {
 public:
  /// @throws Ort::Exception if the device has no such memory left
  StreamMemory(std::size_t bytes, cudaStream_t stream);
  StreamMemory(const StreamMemory&) = delete;
  StreamMemory& operator=(const StreamMemory&) = delete;
  ~StreamMemory();

  /// Null where no bytes were asked for.
  void* get() const { return memory_; }

 private:
  cudaStream_t stream_;
  void* memory_ = nullptr;
};

}  // namespace dig
