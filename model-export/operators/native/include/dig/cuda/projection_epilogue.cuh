// What a multiplying warpgroup of the projections does with its sums of a tile: 64 tokens by kTile
// columns in fp32, as `multiply` leaves them.
#pragma once

#include "dig/cuda/float8.cuh"
#include "dig/cuda/gelu.cuh"
#include "dig/cuda/pack.cuh"
#include "dig/cuda/projection_tile.cuh"
#include "dig/cuda/swiglu.cuh"

namespace dig {
namespace cuda {

/// The first of the two rows of a thread in its warpgroup's sums; the other is 8 further.
__device__ __forceinline__ int row_in_group() {
  return static_cast<int>(threadIdx.x) % 128 / 32 * 16 + static_cast<int>(threadIdx.x) % 32 / 4;
}

/// Of four threads in a row, thread t has a word of each of four blocks and gets block t's words
/// of all four.
__device__ __forceinline__ void exchange(std::uint32_t (&w)[4]) {
  const bool odd = threadIdx.x % 2 != 0, high = threadIdx.x % 4 >= 2;
  std::uint32_t u[2][2];
#pragma unroll
  for (int p = 0; p < 2; ++p) {
    const std::uint32_t kept = odd ? w[2 * p + 1] : w[2 * p];
    const std::uint32_t got = __shfl_xor_sync(0xffffffffu, odd ? w[2 * p] : w[2 * p + 1], 1);
    u[p][0] = odd ? got : kept;
    u[p][1] = odd ? kept : got;
  }
#pragma unroll
  for (int s = 0; s < 2; ++s) {
    const std::uint32_t kept = high ? u[1][s] : u[0][s];
    const std::uint32_t got = __shfl_xor_sync(0xffffffffu, high ? u[0][s] : u[1][s], 2);
    w[s] = high ? got : kept;
    w[2 + s] = high ? kept : got;
  }
}

/// The scales of a thread's two tokens.
struct TokenScales {
  float rows[2];
};

/// @param token the thread's first
/// @param block of the inner index
template <typename T, typename In>
__device__ __forceinline__ TokenScales load_scales(const ProjectionArguments<T, In>& a,
                                                   std::int64_t token, int block) {
  TokenScales scales;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    scales.rows[r] = __ldg(a.x_scale + min(token + r * 8, a.tokens - 1) * a.scales + block);
  }
  return scales;
}

/// Multiplies sums of products in 8 bits by the scales of their tokens and columns, and adds the
/// bias.
/// @param first_column of the tile, of `outputs` in all
template <typename T, int kTile, Epilogue kEpilogue, bool kBias, typename In>
__device__ __forceinline__ void scale_sums(const ProjectionArguments<T, In>& a,
                                           const TokenScales& scales, float (&c)[kTile / 2],
                                           int first_column, int outputs) {
  constexpr int kParts = kEpilogue == Epilogue::kSwiGlu ? 2 : 1;
  constexpr int kPairs = kTile / 8 / kParts;
  const int quad = static_cast<int>(threadIdx.x) % 4 * 2;
#pragma unroll
  for (int j = 0; j < kTile / 8; ++j) {
    // Beyond the last column nothing is stored, so any scale and bias will do.
    const int column =
        min(first_column + j % kPairs * 8, outputs - 8) + j / kPairs * outputs + quad;
    const float2 pair = __ldg(reinterpret_cast<const float2*>(a.weight_scale + column));
    float2 bias = make_float2(0, 0);
    if constexpr (kBias) {
      bias = Pair<T>::unpack(__ldg(reinterpret_cast<const std::uint32_t*>(a.bias + column)));
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      c[j * 4 + r * 2] = c[j * 4 + r * 2] * (scales.rows[r] * pair.x) + bias.x;
      c[j * 4 + r * 2 + 1] = c[j * 4 + r * 2 + 1] * (scales.rows[r] * pair.y) + bias.y;
    }
  }
}

/// Sums i and i + 1 as outputs.
template <typename T, int kTile, Epilogue kEpilogue>
__device__ __forceinline__ std::uint32_t output_pair(const float (&c)[kTile / 2], int i) {
  if constexpr (kEpilogue == Epilogue::kSwiGlu) {
    return Pair<T>::pack(silu(c[i]) * c[kTile / 4 + i], silu(c[i + 1]) * c[kTile / 4 + i + 1]);
  }
  if constexpr (kEpilogue == Epilogue::kGelu) return Pair<T>::pack(gelu(c[i]), gelu(c[i + 1]));
  return Pair<T>::pack(c[i], c[i + 1]);
}

/// output = product, its GELU or its SwiGLU. Each thread turns its columns into eight neighbouring
/// ones in each 32 and stores them.
/// @param token the thread's first
/// @param first_column of the tile, of `outputs` in all
template <typename T, int kTile, Epilogue kEpilogue, typename In>
__device__ __forceinline__ void store_outputs(const ProjectionArguments<T, In>& a,
                                              const float (&c)[kTile / 2], std::int64_t token,
                                              int first_column, int outputs) {
  constexpr int kOutputs = kEpilogue == Epilogue::kSwiGlu ? kTile / 2 : kTile;
  const int column = first_column + static_cast<int>(threadIdx.x) % 4 * 8;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    T* const output = a.output + (token + r * 8) * outputs;
#pragma unroll
    for (int i = 0; i < kOutputs / 32; ++i) {
      std::uint32_t words[4];
#pragma unroll
      for (int b = 0; b < 4; ++b) {
        words[b] = output_pair<T, kTile, kEpilogue>(c, (i * 4 + b) * 4 + r * 2);
      }
      exchange(words);
      if (token + r * 8 < a.tokens && column + i * 32 < outputs) {
        *reinterpret_cast<uint4*>(output + column + i * 32) =
            make_uint4(words[0], words[1], words[2], words[3]);
      }
    }
  }
}

/// A row of 64 columns in 8 bits, of pairs of sums: those of block j of 8 columns are in 4 j + 2 r.
/// Each thread turns its columns into 16 neighbouring ones.
template <int kSums>
__device__ __forceinline__ uint4 quantized_row(const float (&c)[kSums], int first, float factor) {
  std::uint32_t words[4];
#pragma unroll
  for (int b = 0; b < 4; ++b) {
    const auto pair = [&](int at) -> std::uint32_t {
      return __nv_cvt_float2_to_fp8x2(make_float2(c[at] * factor, c[at + 1] * factor),
                                      __NV_SATFINITE, __NV_E4M3);
    };
    words[b] = pair(first + b * 8) | pair(first + b * 8 + 4) << 16;
  }
  exchange(words);
  constexpr unsigned kLow = 0x5410, kHigh = 0x7632;
  return make_uint4(__byte_perm(words[0], words[1], kLow), __byte_perm(words[2], words[3], kLow),
                    __byte_perm(words[0], words[1], kHigh), __byte_perm(words[2], words[3], kHigh));
}

/// numbers * scale = the product's GELU or SwiGLU.
/// @param token the thread's first
/// @param first_column of the tile, of `outputs` in all
template <typename T, int kTile, Epilogue kEpilogue, typename In>
__device__ __forceinline__ void store_quantized(const ProjectionArguments<T, In>& a,
                                                float (&c)[kTile / 2], std::int64_t token,
                                                int first_column, int outputs) {
  constexpr bool kSwiGlu = kEpilogue == Epilogue::kSwiGlu;
  constexpr int kSums = kSwiGlu ? kTile / 4 : kTile / 2;
  constexpr int kBlockSums = static_cast<int>(kScaleBlock) / 2;
  static_assert(kSums % kBlockSums == 0, "a tile has whole blocks");
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    if constexpr (kSwiGlu) {
      c[i] = silu(c[i]) * c[kTile / 4 + i];
    } else {
      c[i] = gelu(c[i]);
    }
  }
  const int lane = static_cast<int>(threadIdx.x) % 4;
  const std::int64_t blocks = (outputs + kScaleBlock - 1) / kScaleBlock;
#pragma unroll
  for (int b = 0; b < kSums / kBlockSums; ++b) {
    const int column = first_column + b * static_cast<int>(kScaleBlock);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float most = kLeastLargest;
#pragma unroll
      for (int j = 0; j < kBlockSums / 4; ++j) {
        const int at = b * kBlockSums + j * 4 + r * 2;
        // Beyond the last column are numbers of others.
        if (column + j * 8 < outputs) most = fmaxf(most, fmaxf(fabsf(c[at]), fabsf(c[at + 1])));
      }
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const uint4 row = quantized_row(c, b * kBlockSums + half * (kBlockSums / 2) + r * 2,
                                        kFloat8Largest / most);
        const int to = column + half * 64 + lane * 16;
        if (token + r * 8 < a.tokens && to < outputs) {
          *reinterpret_cast<uint4*>(a.numbers + (token + r * 8) * outputs + to) = row;
        }
      }
      if (lane == 0 && token + r * 8 < a.tokens && column < outputs) {
        a.scale[(token + r * 8) * blocks + column / kScaleBlock] = most / kFloat8Largest;
      }
    }
  }
}

/// residual = residual + gate * product, in shared memory. Everything is loaded before anything is
/// stored: a load behind a store would wait for it.
/// @param full the barrier on which the residual comes, in its phase of this parity
/// @param first_token of the warpgroup
/// @param column the tile's first
template <typename T, int kTile, typename In>
__device__ __forceinline__ void add_gated(const ProjectionArguments<T, In>& a,
                                          const float (&c)[kTile / 2],
                                          ProjectionResidual<kTile>& residual, Barrier& full,
                                          unsigned parity, int first_token, int column) {
  constexpr int kPairs = kTile / 8;
  const int quad = static_cast<int>(threadIdx.x) % 4;
  const auto place = [&](int r, int j) {
    const int at_row = row_in_group() + r * 8;
    return reinterpret_cast<std::uint32_t*>(residual.chunks[j / 8] + at_row * 128 +
                                            (j % 8 ^ at_row % 8) * 16 + quad * 4);
  };
  std::uint32_t gate[2][kPairs], x[2][kPairs];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const std::int64_t token =
        min(std::int64_t{first_token + row_in_group() + r * 8}, a.tokens - 1);
    const T* const gates =
        a.modulation + (token / a.length * a.rows + a.gate) * a.columns + column + quad * 2;
#pragma unroll
    for (int j = 0; j < kPairs; ++j) {
      const bool inside = column + j * 8 < a.columns;
      gate[r][j] = inside ? __ldg(reinterpret_cast<const std::uint32_t*>(gates + j * 8)) : 0;
    }
  }
  full.wait(parity);
#pragma unroll
  for (int r = 0; r < 2; ++r) {
#pragma unroll
    for (int j = 0; j < kPairs; ++j) x[r][j] = *place(r, j);
  }
#pragma unroll
  for (int r = 0; r < 2; ++r) {
#pragma unroll
    for (int j = 0; j < kPairs; ++j) {
      const float2 before = Pair<T>::unpack(x[r][j]), factor = Pair<T>::unpack(gate[r][j]);
      *place(r, j) = Pair<T>::pack(before.x + factor.x * c[j * 4 + r * 2],
                                   before.y + factor.y * c[j * 4 + r * 2 + 1]);
    }
  }
}

}  // namespace cuda
}  // namespace dig
