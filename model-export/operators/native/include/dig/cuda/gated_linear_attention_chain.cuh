// The second phase of gated_linear_attention_chunked.cuh: a segment takes its starting state from
// those before it, and leaves what those after it wait for.
#pragma once

#include "dig/cuda/gated_linear_attention_segment.cuh"

namespace dig {
namespace cuda {

template <typename T, bool kNorm>
template <typename Others>
__device__ inline void Segment<T, kNorm>::scan(const Others& others) {
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    tile_.state[i * 32 + lane_] =
        make_float4(state_[i][0], state_[i][1], state_[i][2], state_[i][3]);
  }
  __syncthreads();
  // This warp scans a quarter of the state's elements over all warps' tokens.
  Quarter sums[kWarps], start;
#pragma unroll
  for (int w = 0; w < kWarps; ++w) {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      const float4 sum = block_.warps[w].state[(warp_ * kQuarter + i) * 32 + lane_];
      sums[w][i][0] = sum.x;
      sums[w][i][1] = sum.y;
      sums[w][i][2] = sum.z;
      sums[w][i][3] = sum.w;
    }
  }
  take(others, sums, start);
#pragma unroll
  for (int w = 0; w < kWarps; ++w) {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      block_.warps[w].state[(warp_ * kQuarter + i) * 32 + lane_] =
          make_float4(start[i][0], start[i][1], start[i][2], start[i][3]);
      if (w + 1 < kWarps) advance(start[i], block_.warp_decay[w], i, sums[w][i]);
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    const float4 x = tile_.state[i * 32 + lane_];
    state_[i][0] = x.x;
    state_[i][1] = x.y;
    state_[i][2] = x.z;
    state_[i][3] = x.w;
  }
  __syncwarp();
}

/// x = decay * x + sum, over one fragment of the state whose key tile is `key_tile`.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::advance(float (&x)[4], const float* decays,
                                                           int key_tile,
                                                           const float (&sum)[4]) const {
  const float2 d = *reinterpret_cast<const float2*>(decays + key_tile * 8 + lane_ % 4 * 2);
  x[0] = d.x * x[0] + sum[0];
  x[1] = d.y * x[1] + sum[1];
  x[2] = d.x * x[2] + sum[2];
  x[3] = d.y * x[3] + sum[3];
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::load_quarter(const float4* from, Quarter& x) {
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) {
    const float4 v = __ldcg(from + i * 32);
    x[i][0] = v.x;
    x[i][1] = v.y;
    x[i][2] = v.z;
    x[i][3] = v.w;
  }
}

/// Leaves x at `to` and, when it can be seen, `value` at `flag`.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::publish(float4* to, const Quarter& x,
                                                           unsigned* flag, unsigned value) const {
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) {
    __stcg(to + i * 32, make_float4(x[i][0], x[i][1], x[i][2], x[i][3]));
  }
  __syncwarp();
  if (lane_ == 0) {
    asm volatile("fence.acq_rel.gpu; st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(value)
                 : "memory");
  }
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::wait_for(const unsigned* flag, unsigned value) {
  unsigned seen;
  while (true) {
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");
    if (seen >= value) return;
    __nanosleep(40);
  }
}

/// What this segment adds to a quarter of the state, and its decays.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::segment_sum(const Quarter (&sums)[kWarps],
                                                               Quarter& sum,
                                                               Quarter& decays) const {
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      sum[i][e] = sums[0][i][e];
      decays[i][e] = 1;
    }
  }
  const float zero[4] = {};
#pragma unroll
  for (int w = 0; w < kWarps; ++w) {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      if (w > 0) advance(sum[i], block_.warp_decay[w], i, sums[w][i]);
      advance(decays[i], block_.warp_decay[w], i, zero);
    }
  }
}

/// Leaves this segment's sum and decays for its group. A warp's fragments have the decays of
/// every key, so each warp leaves all of them: equal values, to one place.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::publish_sum(const Chain& chain,
                                                               std::int64_t segment,
                                                               const Quarter& sum,
                                                               const Quarter& decays) const {
  if (lane_ < 4) {
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      __stcg(reinterpret_cast<float2*>(chain.decays + segment * kFastKeySize + i * 8 + lane_ * 2),
             make_float2(decays[i][0], decays[i][1]));
    }
  }
  publish(chain.sums + segment * (kStateFloats / 4) + warp_ * kQuarter * 32 + lane_, sum,
          chain.sums_at + segment * kWarps + warp_, 1);
}

/// Adds up what the segments before this one in its group add; x = decays * x + sum takes the
/// group's first state to this segment's.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::sum_before(const Chain& chain,
                                                              std::int64_t first, int count,
                                                              Quarter& sum, Quarter& decays) const {
  if (lane_ < count) wait_for(chain.sums_at + (first + lane_) * kWarps + warp_, 1);
  __syncwarp();
#pragma unroll 2
  for (int n = 0; n < count; ++n) {
    const std::int64_t segment = first + n;
    Quarter x;
    load_quarter(chain.sums + segment * (kStateFloats / 4) + warp_ * kQuarter * 32 + lane_, x);
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
      const float2 d = __ldcg(reinterpret_cast<const float2*>(
          chain.decays + segment * kFastKeySize + i * 8 + lane_ % 4 * 2));
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const float decay = e % 2 == 0 ? d.x : d.y;
        sum[i][e] = decay * sum[i][e] + x[i][e];
        decays[i][e] *= decay;
      }
    }
  }
}

/// Finds this segment's starting state, and leaves for others what they wait for.
template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::take(const Chain& chain,
                                                        const Quarter (&sums)[kWarps],
                                                        Quarter& start) const {
  const bool last = index_ + 1 == chain.segments;
  const int group = index_ / chain.group, place = index_ % chain.group;
  const std::int64_t segment = std::int64_t{sequence_} * chain.segments + index_;
  Quarter own_sum, own_decays;
  segment_sum(sums, own_sum, own_decays);
  const bool ends_group = place == chain.group - 1;
  if (!ends_group && !last) publish_sum(chain, segment, own_sum, own_decays);
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) start[i][0] = start[i][1] = start[i][2] = start[i][3] = 0;
  Quarter decays;
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) decays[i][0] = decays[i][1] = decays[i][2] = decays[i][3] = 1;
  sum_before(chain, segment - place, place, start, decays);
  float4* const states = chain.states + std::int64_t{sequence_} * chain.slots * (kStateFloats / 4) +
                         warp_ * kQuarter * 32 + lane_;
  unsigned* const states_at = chain.states_at + sequence_ * kWarps + warp_;
  if (group > 0) {
    wait_for(states_at, static_cast<unsigned>(group));
    Quarter before;
    load_quarter(states + (group - 1) % chain.slots * (kStateFloats / 4), before);
#pragma unroll
    for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) start[i][e] += decays[i][e] * before[i][e];
    }
  }
  if (!ends_group || last) return;
  Quarter after;
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) {
#pragma unroll
    for (int e = 0; e < 4; ++e) after[i][e] = own_decays[i][e] * start[i][e] + own_sum[i][e];
  }
  publish(states + group % chain.slots * (kStateFloats / 4), after, states_at,
          static_cast<unsigned>(group + 1));
}

template <typename T, bool kNorm>
__device__ __forceinline__ void Segment<T, kNorm>::take(const Alone&, const Quarter (&)[kWarps],
                                                        Quarter& start) const {
#pragma unroll
  for (int i = 0; i < kQuarter; ++i) start[i][0] = start[i][1] = start[i][2] = start[i][3] = 0;
}

}  // namespace cuda
}  // namespace dig
