// Gated linear attention with a vector gate [GLA, arXiv 2312.06635], as every DiG block uses it.
#pragma once

#include <cstdint>

#include "dig/scan_order.h"

namespace dig {

/// One call of the operator. For each batch entry and head, with the tokens in scan order,
///
///   d_t = exp(logsigmoid(g_t + gate_bias) / gate_normalizer)
///   S_t = diag(d_t) S_{t-1} + k_t^T v_t                           (state, key_size x value_size)
///   o_t = key_size^-1/2 q_t S_t
///
/// and, where norm_weight is given, o_t becomes RMSNorm(o_t) * norm_weight * SiLU(z_t).
///
/// A row of `packed` holds q (heads*key_size), k (heads*key_size), v (heads*value_size),
/// g (heads*key_size) and, with norm_weight, z (heads*value_size). Tokens lie in row-major grid
/// order in `packed` and in `output`, whatever the scan direction.
template <typename T>
struct GlaArguments {
  const T* packed;       ///< [batch, length, row_stride]
  const T* gate_bias;    ///< [heads*key_size] or null
  const T* norm_weight;  ///< [value_size] or null
  T* output;             ///< [batch, length, heads*value_size]
  std::int64_t batch;
  std::int64_t length;      ///< rows * columns of the grid
  std::int64_t row_stride;  ///< elements from one token to the next in `packed`
  int heads;
  int key_size;
  int value_size;
  ScanOrder order;
  float gate_normalizer;
  float epsilon;  ///< of the RMSNorm

  DIG_HOST_DEVICE std::int64_t key_offset() const { return std::int64_t{heads} * key_size; }
  DIG_HOST_DEVICE std::int64_t value_offset() const { return 2 * key_offset(); }
  DIG_HOST_DEVICE std::int64_t gate_offset() const {
    return value_offset() + std::int64_t{heads} * value_size;
  }
  DIG_HOST_DEVICE std::int64_t output_gate_offset() const { return gate_offset() + key_offset(); }
  DIG_HOST_DEVICE std::int64_t output_stride() const { return std::int64_t{heads} * value_size; }
};

/// Key and value sizes up to this are served by every kernel.
constexpr int kMaxHeadSize = 128;

}  // namespace dig
