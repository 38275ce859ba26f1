// Softmax attention over all tokens, as in a DiT block [arXiv 2212.09748].
#pragma once

#include <cstdint>

namespace dig {

/// One call of SoftmaxAttention. For each head
///
///   output = softmax(q k^T / sqrt(head_size)) v
///
/// over the tokens of its batch entry; q, k and v of all heads lie one after the other in a token.
template <typename T>
struct SoftmaxAttentionArguments {
  const T* packed;  ///< [batch, length, 3, heads, head_size]
  T* output;        ///< [batch, length, heads, head_size]
  std::int64_t batch;
  std::int64_t length;
  std::int64_t heads;
  std::int64_t head_size;
};

/// The sizes of heads that have a kernel.
constexpr bool has_softmax_attention(std::int64_t head_size) {
  return head_size == 64 || head_size == 72;
}

}  // namespace dig
