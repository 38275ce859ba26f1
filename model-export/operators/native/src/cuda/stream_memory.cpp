#include "stream_memory.h"

#include <cstdint>
#include <map>
#include <mutex>

#include "cuda_status.h"

namespace dig {
namespace {

/// This library's pool on the current device, created on first use.
cudaMemPool_t pool() {
  static std::mutex mutex;
  static auto* const pools = new std::map<int, cudaMemPool_t>;  // outlives every session
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = pools->find(device);
  if (found != pools->end()) return found->second;
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {cudaMemLocationTypeDevice, device};
  cudaMemPool_t created;
  check(cudaMemPoolCreate(&created, &properties), "cudaMemPoolCreate");
  std::uint64_t keep_all = UINT64_MAX;
  check(cudaMemPoolSetAttribute(created, cudaMemPoolAttrReleaseThreshold, &keep_all),
        "cudaMemPoolSetAttribute");
  return pools->emplace(device, created).first->second;
}

}  // namespace

StreamMemory::StreamMemory(std::size_t bytes, cudaStream_t stream) : stream_(stream) {
  if (bytes > 0)
    check(cudaMallocFromPoolAsync(&memory_, bytes, pool(), stream), "cudaMallocFromPoolAsync");
}

StreamMemory::~StreamMemory() {
  if (memory_ != nullptr) cudaFreeAsync(memory_, stream_);
}

}  // namespace dig
