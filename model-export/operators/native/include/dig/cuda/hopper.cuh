// Hopper's asynchronous machinery as thin names over PTX (sm_90a): barriers in shared memory, the
// bulk tensor copies that complete on them, and the matrix products of a warpgroup.
#pragma once

#include <cuda.h>

#include <cstdint>
#include <type_traits>

#include "dig/cuda/tensor_core.cuh"

namespace dig {
namespace cuda {

/// A barrier in shared memory. Its phases alternate in parity, the first one is 0.
struct Barrier {
  std::uint64_t state;

  __device__ __forceinline__ void init(int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(this)),
                 "r"(arrivals)
                 : "memory");
  }

  /// Arrives, and has the phase wait for this many bytes of copies too.
  __device__ __forceinline__ void arrive_and_expect(int bytes) {
    asm volatile(
        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(this)),
        "r"(bytes)
        : "memory");
  }

  /// Arrives at this barrier of a block of the cluster.
  __device__ __forceinline__ void arrive_at(unsigned block) {
    asm volatile(
        "{\n"
        ".reg .b32 remote;\n"
        "mapa.shared::cluster.u32 remote, %0, %1;\n"
        "mbarrier.arrive.shared::cluster.b64 _, [remote];\n"
        "}" ::"r"(shared_address(this)),
        "r"(block)
        : "memory");
  }

  /// Until the phase of this parity is complete.
  __device__ __forceinline__ void wait(unsigned parity) {
    asm volatile(
        "{\n"
        ".reg .pred done;\n"
        "again:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
        "@!done bra again;\n"
        "}" ::"r"(shared_address(this)),
        "r"(parity)
        : "memory");
  }
};

__device__ __forceinline__ unsigned block_in_cluster() {
  unsigned rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

/// Until all threads of the cluster are here.
__device__ __forceinline__ void synchronize_cluster() {
  asm volatile(
      "barrier.cluster.arrive.release.aligned;\n"
      "barrier.cluster.wait.acquire.aligned;" ::
          : "memory");
}

/// Makes a thread's initialized barriers known to the cluster and to the copy engine.
__device__ __forceinline__ void publish_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/// Copies the box at (column, row) of a tensor to shared memory.
__device__ __forceinline__ void copy_box(void* to, const CUtensorMap& map, int column, int row,
                                         Barrier& done) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3}], [%4];" ::"r"(shared_address(to)),
      "l"(&map), "r"(column), "r"(row), "r"(shared_address(&done))
      : "memory");
}

/// The same, to the same place of each block of the cluster that `blocks` has a bit of; completes
/// on each one's own barrier.
__device__ __forceinline__ void copy_box_to(std::uint16_t blocks, void* to, const CUtensorMap& map,
                                            int column, int row, Barrier& done) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(shared_address(to)),
      "l"(&map), "r"(column), "r"(row), "r"(shared_address(&done)), "h"(blocks)
      : "memory");
}

/// Copies a box from shared memory to (column, row) of a tensor, as far as it is inside.
__device__ __forceinline__ void store_box(const CUtensorMap& map, int column, int row,
                                          const void* from) {
  asm volatile(
      "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%1, %2}], [%3];" ::"l"(&map),
      "r"(column), "r"(row), "r"(shared_address(from))
      : "memory");
}

__device__ __forceinline__ void commit_stores() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/// Until this thread's stores have read shared memory.
__device__ __forceinline__ void wait_stores_read() {
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}

/// Makes this thread's writes to shared memory visible to the copy engine.
__device__ __forceinline__ void publish_to_copies() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// Until `threads` of the block are at the barrier of this number, or have arrived at it.
__device__ __forceinline__ void synchronize(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}
__device__ __forceinline__ void arrive(int barrier, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

template <int kRegisters>
__device__ __forceinline__ void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

template <int kRegisters>
__device__ __forceinline__ void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

/// The descriptor of an operand in shared memory, in tiles of 128 bytes swizzled over 8 rows.
///
/// @param group_stride bytes from 8 rows to the next
/// @param chunk_stride bytes from 64 columns to the next; matters where rows run along the inner
///     index
__device__ __forceinline__ std::uint64_t operand(const void* at, int group_stride,
                                                 int chunk_stride) {
  constexpr std::uint64_t kSwizzle128 = std::uint64_t{1} << 62;
  const auto field = [](std::uint64_t bytes) { return (bytes & 0x3ffff) >> 4; };
  return field(shared_address(at)) | field(static_cast<std::uint64_t>(chunk_stride)) << 16 |
         field(static_cast<std::uint64_t>(group_stride)) << 32 | kSwizzle128;
}

/// A word of constant memory, loaded here and not, as a compiler may prefer, where it is needed.
__device__ __forceinline__ std::uint32_t load_early(const std::uint32_t* from) {
  std::uint32_t word;
  asm volatile("ld.global.nc.b32 %0, [%1];" : "=r"(word) : "l"(from) : "memory");
  return word;
}

__device__ __forceinline__ void begin_products() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Waits for all but the last `kPending` committed groups.
template <int kPending>
__device__ __forceinline__ void wait_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

// The operand lists of the products: %0 .. %(n - 1), and the registers behind them.
#define DIG_C8(i)                                                                             \
  "+f"(c[i]), "+f"(c[i + 1]), "+f"(c[i + 2]), "+f"(c[i + 3]), "+f"(c[i + 4]), "+f"(c[i + 5]), \
      "+f"(c[i + 6]), "+f"(c[i + 7])
#define DIG_C32(i) DIG_C8(i), DIG_C8(i + 8), DIG_C8(i + 16), DIG_C8(i + 24)
#define DIG_P0                               \
  "%0, %1, %2, %3, %4, %5, %6, %7, "         \
  "%8, %9, %10, %11, %12, %13, %14, %15, "   \
  "%16, %17, %18, %19, %20, %21, %22, %23, " \
  "%24, %25, %26, %27, %28, %29, %30, %31"
#define DIG_P1                               \
  "%32, %33, %34, %35, %36, %37, %38, %39, " \
  "%40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, " \
  "%56, %57, %58, %59, %60, %61, %62, %63"
#define DIG_P2                               \
  "%64, %65, %66, %67, %68, %69, %70, %71, " \
  "%72, %73, %74, %75, %76, %77, %78, %79, " \
  "%80, %81, %82, %83, %84, %85, %86, %87, " \
  "%88, %89, %90, %91, %92, %93, %94, %95"
#define DIG_P3                                       \
  "%96, %97, %98, %99, %100, %101, %102, %103, "     \
  "%104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, " \
  "%120, %121, %122, %123, %124, %125, %126, %127"
#define DIG_PRODUCT_64(form, across)                                                         \
  asm volatile(                                                                              \
      "{\n"                                                                                  \
      ".reg .pred add;\n"                                                                    \
      "setp.ne.b32 add, %34, 0;\n"                                                           \
      "wgmma.mma_async.sync.aligned.m64n64" form " {" DIG_P0 "}, %32, %33, add, 1, 1" across \
      ";\n"                                                                                  \
      "}"                                                                                    \
      : DIG_C32(0)                                                                           \
      : "l"(a), "l"(b), "r"(add))
#define DIG_PRODUCT_128(form, across)                                     \
  asm volatile(                                                           \
      "{\n"                                                               \
      ".reg .pred add;\n"                                                 \
      "setp.ne.b32 add, %66, 0;\n"                                        \
      "wgmma.mma_async.sync.aligned.m64n128" form " {" DIG_P0 ", " DIG_P1 \
      "}, %64, %65, add, 1, 1" across                                     \
      ";\n"                                                               \
      "}"                                                                 \
      : DIG_C32(0), DIG_C32(32)                                           \
      : "l"(a), "l"(b), "r"(add))
#define DIG_PRODUCT_192(form, across)                                                 \
  asm volatile(                                                                       \
      "{\n"                                                                           \
      ".reg .pred add;\n"                                                             \
      "setp.ne.b32 add, %98, 0;\n"                                                    \
      "wgmma.mma_async.sync.aligned.m64n192" form " {" DIG_P0 ", " DIG_P1 ", " DIG_P2 \
      "}, %96, %97, add, 1, 1" across                                                 \
      ";\n"                                                                           \
      "}"                                                                             \
      : DIG_C32(0), DIG_C32(32), DIG_C32(64)                                          \
      : "l"(a), "l"(b), "r"(add))
#define DIG_PRODUCT_256(form, across)                                                             \
  asm volatile(                                                                                   \
      "{\n"                                                                                       \
      ".reg .pred add;\n"                                                                         \
      "setp.ne.b32 add, %130, 0;\n"                                                               \
      "wgmma.mma_async.sync.aligned.m64n256" form " {" DIG_P0 ", " DIG_P1 ", " DIG_P2 ", " DIG_P3 \
      "}, %128, %129, add, 1, 1" across                                                           \
      ";\n"                                                                                       \
      "}"                                                                                         \
      : DIG_C32(0), DIG_C32(32), DIG_C32(64), DIG_C32(96)                                         \
      : "l"(a), "l"(b), "r"(add))

/// c = A B where not `add`, else c += A B, 64 x 32 bytes by 32 bytes x kN, of a warpgroup. A's rows
/// run along the inner index; so do B's in 8 bits, and in 16 bits they run across it. Thread
/// 32 w + 4 g + t of the warpgroup has of c, in 4 j .. 4 j + 3: row 16 w + g, columns 8 j + 2 t and
/// 8 j + 2 t + 1, then the same of row 16 w + g + 8.
template <typename T, int kN>
__device__ __forceinline__ void multiply(float (&c)[kN / 2], std::uint64_t a, std::uint64_t b,
                                         int add) {
  static_assert(kN == 64 || kN == 128 || kN == 192 || kN == 256, "has no instruction here");
#define DIG_PRODUCT(form, across)   \
  if constexpr (kN == 64) {         \
    DIG_PRODUCT_64(form, across);   \
  } else if constexpr (kN == 128) { \
    DIG_PRODUCT_128(form, across);  \
  } else if constexpr (kN == 192) { \
    DIG_PRODUCT_192(form, across);  \
  } else {                          \
    DIG_PRODUCT_256(form, across);  \
  }
  if constexpr (std::is_same<T, Float8>::value) {
    DIG_PRODUCT("k32.f32.e4m3.e4m3", "")
  } else if constexpr (std::is_same<T, Half>::value) {
    DIG_PRODUCT("k16.f32.f16.f16", ", 0, 1")
  } else {
    DIG_PRODUCT("k16.f32.bf16.bf16", ", 0, 1")
  }
#undef DIG_PRODUCT
}

#undef DIG_PRODUCT_64
#undef DIG_PRODUCT_128
#undef DIG_PRODUCT_192
#undef DIG_PRODUCT_256
#undef DIG_P0
#undef DIG_P1
#undef DIG_P2
#undef DIG_P3
#undef DIG_C32
#undef DIG_C8

}  // namespace cuda
}  // namespace dig
