// Device memory that lives for a span of a stream.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

namespace dig {

/// Allocated and freed in the order of the stream, so that no other stream can be given the memory
/// while work enqueued in this one still uses it. (ONNX Runtime's arena does not know the stream
/// when a custom operator asks it for memory.) The memory comes from this library's pool, which
/// keeps what it has.
class StreamMemory {
 public:
  /// @throws Ort::Exception if the device has too little memory left
  StreamMemory(std::size_t bytes, cudaStream_t stream);
  StreamMemory(const StreamMemory&) = delete;
  StreamMemory& operator=(const StreamMemory&) = delete;
  ~StreamMemory();

  /// Null if no bytes were asked for.
  void* get() const { return memory_; }

 private:
  cudaStream_t stream_;
  void* memory_ = nullptr;
};

}  // namespace dig
