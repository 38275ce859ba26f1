// The CPU kernel: the plain recurrence, with a tile of the state kept in registers while a chunk
// of tokens passes by.
// The recurrence costs three multiply-adds per element of the state and token; the chunked form
// would save one of them, but divides by decays. What makes the recurrence slow is loading and
// storing the state at every token, so the loop over tokens is inside the loop over tiles.
#pragma once

#include <cmath>
#include <cstddef>

#include "dig/cpu/simd.h"
#include "dig/gated_linear_attention.h"

namespace dig {
namespace DIG_ISA {

/// Heads of one batch entry that pass over the tokens together, so that a token's row is read from
/// memory only once. Their states fit in the second-level cache.
constexpr int kGroup = 8;
constexpr int kChunk = 32;       ///< tokens whose inputs lie widened in the first-level cache
constexpr int kTileVectors = 2;  ///< a tile of the state is kTileRows x kTileVectors vectors
#if defined(__AVX512F__)
constexpr int kTileRows = 8;  // 16 of 32 registers
#else
constexpr int kTileRows = 4;  // 8 of 16 registers
#endif
constexpr int kTileColumns = kTileVectors * kLanes;

static inline int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

/// Buffers of a group of heads; `state` and `gate_bias` belong to one of them. Sizes are rounded up
/// to whole tiles; the padding stays zero.
struct GlaScratch {
  int keys;
  int values;
  float *state, *q, *k, *decay, *v, *z, *o, *norm_weight, *gate_bias;

  GlaScratch(int key_size, int value_size, float* storage)
      : keys(round_up(key_size, kLanes)), values(round_up(value_size, kTileColumns)) {
    float* next = storage;
    const auto take = [&next](int count) {
      float* start = next;
      next += count;
      return start;
    };
    state = take(kGroup * keys * values);
    gate_bias = take(kGroup * keys);
    q = take(kChunk * keys);
    k = take(kChunk * keys);
    decay = take(kChunk * keys);
    v = take(kChunk * values);
    z = take(kChunk * values);
    o = take(kChunk * values);
    norm_weight = take(values);
  }

  /// The buffers with the state and the bias of a head of the group.
  GlaScratch of(int member) const {
    GlaScratch s = *this;
    s.state += member * keys * values;
    s.gate_bias += member * keys;
    return s;
  }
};

static inline std::size_t gla_scratch_floats(int key_size, int value_size) {
  const std::size_t keys = round_up(key_size, kLanes);
  const std::size_t values = round_up(value_size, kTileColumns);
  return kGroup * keys * (values + 1) + 3 * kChunk * (keys + values) + values;
}

/// decay = exp(logsigmoid(decay + bias) / normalizer), in place over whole vectors.
static inline void decays(const GlaScratch& s, int tokens, float normalizer) {
  const float inverse = 1.0f / normalizer;
  for (int t = 0; t < tokens; ++t) {
    for (int i = 0; i < s.keys; i += kLanes) {
      float* gate = s.decay + t * s.keys + i;
      store(gate, exp_nonpositive(log_sigmoid(load(gate) + load(s.gate_bias + i)) * inverse));
    }
  }
}

/// Widens the chunk's rows of q (scaled), k, v, g and z, in scan order.
template <typename T>
static inline void load_chunk(const GlaArguments<T>& a, std::int64_t batch, int head,
                              std::int64_t start, int tokens, const GlaScratch& s) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(a.key_size));
  const std::int64_t key_column = std::int64_t{head} * a.key_size;
  const std::int64_t value_column = std::int64_t{head} * a.value_size;
  for (int t = 0; t < tokens; ++t) {
    const T* row = a.packed + (batch * a.length + a.order.token(start + t)) * a.row_stride;
    float* q = s.q + t * s.keys;
    widen(row + key_column, a.key_size, q);
    for (int i = 0; i < s.keys; i += kLanes) store(q + i, load(q + i) * scale);
    widen(row + a.key_offset() + key_column, a.key_size, s.k + t * s.keys);
    widen(row + a.value_offset() + value_column, a.value_size, s.v + t * s.values);
    widen(row + a.gate_offset() + key_column, a.key_size, s.decay + t * s.keys);
    if (a.norm_weight != nullptr) {
      widen(row + a.output_gate_offset() + value_column, a.value_size, s.z + t * s.values);
    }
  }
}

/// Cache lines to prefetch while a tile passes over a chunk, the same ones in every token's row.
/// All of a chunk's lines at once would fill the queue of outstanding misses and stall the loop.
template <typename T>
struct Ahead {
  const T* const* rows;  ///< of kChunk tokens
  const std::int64_t* offsets;
  int count;
};

/// Where in a token's row the cache lines of a head begin.
template <typename T>
struct HeadLines {
  static constexpr int kLine = 64 / sizeof(T);
  static constexpr int kMost = 5 * kMaxHeadSize / kLine;

  std::int64_t offsets[kMost];
  int count = 0;

  HeadLines(const GlaArguments<T>& a, int head) {
    const std::int64_t key_column = std::int64_t{head} * a.key_size;
    const std::int64_t value_column = std::int64_t{head} * a.value_size;
    add(key_column, a.key_size);
    add(a.key_offset() + key_column, a.key_size);
    add(a.value_offset() + value_column, a.value_size);
    add(a.gate_offset() + key_column, a.key_size);
    if (a.norm_weight != nullptr) add(a.output_gate_offset() + value_column, a.value_size);
  }

  /// A share of the lines for each tile.
  Ahead<T> share(const T* const* rows, int tile, int tiles) const {
    const int first = tile * count / tiles;
    return {rows, offsets + first, (tile + 1) * count / tiles - first};
  }

 private:
  void add(std::int64_t start, int size) {
    for (int i = 0; i < size; i += kLine) offsets[count++] = start + i;
  }
};

/// Carries one tile of the state over the chunk and adds its share to the output.
template <typename T>
static inline void scan_tile(const GlaScratch& s, int tokens, int row, int column,
                             const Ahead<T>& ahead) {
  Vec tile[kTileRows][kTileVectors];
  for (int r = 0; r < kTileRows; ++r) {
    for (int c = 0; c < kTileVectors; ++c) {
      tile[r][c] = load(s.state + (row + r) * s.values + column + c * kLanes);
    }
  }
  for (int t = 0; t < tokens; ++t) {
    const float* q = s.q + t * s.keys + row;
    const float* k = s.k + t * s.keys + row;
    const float* decay = s.decay + t * s.keys + row;
    const float* v = s.v + t * s.values + column;
    float* o = s.o + t * s.values + column;
    for (int i = 0; i < ahead.count; ++i) {
      __builtin_prefetch(ahead.rows[t] + ahead.offsets[i], 0, 2);
    }
    Vec value[kTileVectors], out[kTileVectors];
    for (int c = 0; c < kTileVectors; ++c) {
      value[c] = load(v + c * kLanes);
      out[c] = row == 0 ? Vec{} : load(o + c * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 2
      for (int c = 0; c < kTileVectors; ++c) {
        tile[r][c] = tile[r][c] * decay[r] + value[c] * k[r];
        out[c] += tile[r][c] * q[r];
      }
    }
    for (int c = 0; c < kTileVectors; ++c) store(o + c * kLanes, out[c]);
  }
  for (int r = 0; r < kTileRows; ++r) {
    for (int c = 0; c < kTileVectors; ++c) {
      store(s.state + (row + r) * s.values + column + c * kLanes, tile[r][c]);
    }
  }
}

/// o = RMSNorm(o) * norm_weight * SiLU(z), for one token.
static inline void norm_and_gate(const GlaScratch& s, int t, int value_size, float epsilon) {
  float* o = s.o + t * s.values;
  const float* z = s.z + t * s.values;
  Vec squares = Vec{};
  for (int j = 0; j < s.values; j += kLanes) squares += load(o + j) * load(o + j);
  const float mean = sum(squares) / static_cast<float>(value_size);
  const float scale = 1.0f / std::sqrt(mean + epsilon);
  for (int j = 0; j < s.values; j += kLanes) {
    const Vec gate = load(z + j);
    store(o + j, load(o + j) * scale * load(s.norm_weight + j) * gate * sigmoid(gate));
  }
}

/// Carries one head over a chunk of tokens and meanwhile prefetches the cache lines of the next.
///
/// @param next_rows rows of the next head's chunk
template <typename T>
static inline void scan_chunk(const GlaArguments<T>& a, std::int64_t batch, int head,
                              std::int64_t start, int tokens, const GlaScratch& s, int next_head,
                              const T* const* next_rows) {
  load_chunk(a, batch, head, start, tokens, s);
  decays(s, tokens, a.gate_normalizer);
  const HeadLines<T> lines(a, next_head);
  const int tiles = s.values / kTileColumns * (s.keys / kTileRows);
  int tile = 0;
  for (int column = 0; column < s.values; column += kTileColumns) {
    for (int row = 0; row < s.keys; row += kTileRows, ++tile) {
      scan_tile(s, tokens, row, column, lines.share(next_rows, tile, tiles));
    }
  }
  for (int t = 0; t < tokens; ++t) {
    if (a.norm_weight != nullptr) norm_and_gate(s, t, a.value_size, a.epsilon);
    T* out = a.output + (batch * a.length + a.order.token(start + t)) * a.output_stride() +
             std::int64_t{head} * a.value_size;
    narrow(s.o + t * s.values, a.value_size, out);
  }
}

/// Heads [first, last) of one batch entry, at most kGroup of them.
template <typename T>
static inline void gla_group(const GlaArguments<T>& a, std::int64_t batch, int first, int last,
                             const GlaScratch& s) {
  std::memset(s.state, 0, sizeof(float) * static_cast<std::size_t>(kGroup) * s.keys * s.values);
  for (int head = first; head < last && a.gate_bias != nullptr; ++head) {
    widen(a.gate_bias + std::int64_t{head} * a.key_size, a.key_size, s.of(head - first).gate_bias);
  }
  for (std::int64_t start = 0; start < a.length; start += kChunk) {
    const int tokens = static_cast<int>(a.length - start < kChunk ? a.length - start : kChunk);
    const T* rows[2 * kChunk];
    for (int t = 0; t < 2 * kChunk; ++t) {
      const std::int64_t at = start + t < a.length ? start + t : a.length - 1;
      rows[t] = a.packed + (batch * a.length + a.order.token(at)) * a.row_stride;
    }
    for (int head = first; head < last; ++head) {
      const bool same = head + 1 < last;
      scan_chunk(a, batch, head, start, tokens, s.of(head - first), same ? head + 1 : first,
                 same ? rows : rows + kChunk);
    }
  }
}

/// Recurrences [first, last) of the batch * heads independent ones. `scratch` holds
/// gla_scratch_floats(key_size, value_size) zeros.
template <typename T>
static inline void gla_heads(const GlaArguments<T>& a, std::int64_t first, std::int64_t last,
                             float* scratch) {
  const GlaScratch s(a.key_size, a.value_size, scratch);
  if (a.norm_weight != nullptr) widen(a.norm_weight, a.value_size, s.norm_weight);
  for (std::int64_t unit = first; unit < last;) {
    const std::int64_t batch = unit / a.heads;
    const int head = static_cast<int>(unit % a.heads);
    int count = a.heads - head < kGroup ? a.heads - head : kGroup;
    if (last - unit < count) count = static_cast<int>(last - unit);
    gla_group(a, batch, head, head + count, s);
    unit += count;
  }
}

}  // namespace DIG_ISA
}  // namespace dig
