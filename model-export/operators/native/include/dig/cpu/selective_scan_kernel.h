// The CPU kernel: a unit is a block of channels of one batch entry. Chunks of its tokens lie
// widened in the first-level cache, and a vector of channels keeps its states in registers while
// they pass by. The first direction leaves its sums in the output, which the second one adds and
// gates.
#pragma once

#include "dig/cpu/simd.h"
#include "dig/selective_scan.h"

namespace dig {
namespace DIG_ISA {

constexpr int kScanChunk = 32;  ///< tokens

/// A chunk of the tokens of a block of channels.
struct ScanChunk {
  float delta[kScanChunk][kScanChannels];
  float input[kScanChunk][kScanChannels];  ///< delta * u
  float y[kScanChunk][kScanChannels];      ///< begins with skip * u
  float matrices[kScanChunk][2 * kScanStates];
};

/// A block's parameters and states; elements beyond its channels are zero.
struct ScanBlock {
  float a[kScanStates][kScanChannels];  ///< a / log(2)
  float state[kScanStates][kScanChannels];
  float skip[kScanChannels];
  float step_bias[kScanChannels];
};

template <typename T>
static inline void load_block(const SelectiveScanArguments<T>& a, int direction, std::int64_t start,
                              int count, ScanBlock& block) {
  block = {};
  for (int s = 0; s < kScanStates; ++s) {
    const float* row = a.a + (direction * kScanStates + s) * a.inner + start;
    for (int i = 0; i < count; ++i) block.a[s][i] = row[i] * 1.44269504f;
  }
  widen(a.skip + direction * a.inner + start, count, block.skip);
  widen(a.step_bias + direction * a.inner + start, count, block.step_bias);
}

template <typename T>
static inline void load_chunk(const SelectiveScanArguments<T>& a, int direction, std::int64_t token,
                              int tokens, std::int64_t start, int count, const ScanBlock& block,
                              ScanChunk& chunk) {
  for (int t = 0; t < tokens; ++t) {
    float step[kScanChannels] = {}, u[kScanChannels] = {};
    widen(a.step[direction] + (token + t) * a.inner + start, count, step);
    widen(a.u[direction] + (token + t) * a.inner + start, count, u);
    widen(a.matrices[direction] + (token + t) * a.matrices_width, 2 * kScanStates,
          chunk.matrices[t]);
    for (int i = 0; i < count; i += kLanes) {
      const Vec delta = -log_sigmoid(-(load(step + i) + load(block.step_bias + i)));
      store(chunk.delta[t] + i, delta);
      store(chunk.input[t] + i, delta * load(u + i));
      store(chunk.y[t] + i, load(block.skip + i) * load(u + i));
    }
  }
}

/// Carries the states of one vector of channels over a chunk.
static inline void scan_vector(ScanBlock& block, ScanChunk& chunk, int tokens, int direction,
                               int channel) {
  Vec state[kScanStates];
  for (int s = 0; s < kScanStates; ++s) state[s] = load(block.state[s] + channel);
  for (int i = 0; i < tokens; ++i) {
    const int t = direction == 0 ? i : tokens - 1 - i;
    const Vec delta = load(chunk.delta[t] + channel), input = load(chunk.input[t] + channel);
    const float *b = chunk.matrices[t], *c = chunk.matrices[t] + kScanStates;
    Vec y = load(chunk.y[t] + channel);
#pragma GCC unroll 16
    for (int s = 0; s < kScanStates; ++s) {
      state[s] = state[s] * exp2_nonpositive(delta * load(block.a[s] + channel)) + input * b[s];
      y += state[s] * c[s];
    }
    store(chunk.y[t] + channel, y);
  }
  for (int s = 0; s < kScanStates; ++s) store(block.state[s] + channel, state[s]);
}

/// Writes a chunk's sums, or adds and gates them.
template <typename T>
static inline void store_chunk(const SelectiveScanArguments<T>& a, int direction,
                               std::int64_t token, int tokens, std::int64_t start, int count,
                               const ScanChunk& chunk) {
  for (int t = 0; t < tokens; ++t) {
    T* out = a.output + (token + t) * a.inner + start;
    float y[kScanChannels] = {};
    widen(chunk.y[t], count, y);
    if (direction == 1) {
      float before[kScanChannels] = {}, z[kScanChannels] = {};
      widen(out, count, before);
      widen(a.packed + (token + t) * 2 * a.inner + a.inner + start, count, z);
      for (int i = 0; i < count; i += kLanes) {
        const Vec gate = load(z + i);
        store(y + i, (load(y + i) + load(before + i)) * gate * sigmoid(gate));
      }
    }
    narrow(y, count, out);
  }
}

template <typename T>
static inline void selective_scan(const SelectiveScanArguments<T>& a, std::int64_t first,
                                  std::int64_t last) {
  ScanBlock block;
  ScanChunk chunk = {};
  for (std::int64_t unit = first; unit < last; ++unit) {
    const std::int64_t batch = unit / a.blocks();
    const std::int64_t start = unit % a.blocks() * kScanChannels;
    const int count =
        static_cast<int>(a.inner - start < kScanChannels ? a.inner - start : kScanChannels);
    const std::int64_t chunks = (a.length + kScanChunk - 1) / kScanChunk;
    for (int direction = 0; direction < 2; ++direction) {
      load_block(a, direction, start, count, block);
      for (std::int64_t i = 0; i < chunks; ++i) {
        const std::int64_t at = (direction == 0 ? i : chunks - 1 - i) * kScanChunk;
        const int tokens =
            static_cast<int>(a.length - at < kScanChunk ? a.length - at : kScanChunk);
        const std::int64_t token = batch * a.length + at;
        load_chunk(a, direction, token, tokens, start, count, block, chunk);
        for (int channel = 0; channel < count; channel += kLanes) {
          scan_vector(block, chunk, tokens, direction, channel);
        }
        store_chunk(a, direction, token, tokens, start, count, chunk);
      }
    }
  }
}

}  // namespace DIG_ISA
}  // namespace dig
