// The native methods of io.digflink.operators.HostMemory: page-locked memory, which the GPU's copy
// engines read and write without a detour through the driver's buffers.

#include <cuda_runtime_api.h>
#include <jni.h>

#include <cstdint>
#include <cstring>

/// Zeroed memory, or 0 if there is none left.
extern "C" JNIEXPORT jlong JNICALL Java_io_digflink_operators_HostMemory_allocate(JNIEnv*, jclass,
                                                                                  jlong bytes) {
  void* memory = nullptr;
  const auto size = static_cast<std::size_t>(bytes);
  if (cudaHostAlloc(&memory, size, cudaHostAllocPortable) != cudaSuccess) {
    cudaGetLastError();  // handled: the next call must not see it
    return 0;
  }
  std::memset(memory, 0, size);
  return static_cast<jlong>(reinterpret_cast<std::intptr_t>(memory));
}

extern "C" JNIEXPORT jobject JNICALL Java_io_digflink_operators_HostMemory_buffer(
    JNIEnv* environment, jclass, jlong address, jlong bytes) {
  return environment->NewDirectByteBuffer(
      reinterpret_cast<void*>(static_cast<std::intptr_t>(address)), bytes);
}

extern "C" JNIEXPORT void JNICALL Java_io_digflink_operators_HostMemory_free(JNIEnv*, jclass,
                                                                             jlong address) {
  cudaFreeHost(reinterpret_cast<void*>(static_cast<std::intptr_t>(address)));
}
