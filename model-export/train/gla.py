"""Gated linear attention (arXiv 2312.06635) in plain PyTorch.

Per head, with a state S of shape (K, V) that starts at zero:

    S_t = diag(exp(log_decay_t)) S_{t-1} + k_t^T v_t
    o_t = (K^-1/2 q_t) S_t

Shapes: q, k, log_decay (B, L, H, K); v and the result (B, L, H, V). Everything is computed in float32.
"""

import torch
import torch.nn.functional as F

CHUNK = 32
# A step that keeps less than e^-5 of the state (a gate beyond -80) is taken to keep e^-5. The bound keeps every exponent
# of a chunk within CHUNK / 2 * 5 = 80, where float32 (up to e^88) neither overflows nor flushes to zero.
MIN_LOG_DECAY = -5.0


def naive_gla(q, k, v, log_decay):
    """The definition, token by token: the oracle of `chunked_gla`."""
    q, k, v, log_decay = (x.float() for x in (q, k, v, log_decay))
    state = q.new_zeros(q.shape[0], q.shape[2], q.shape[3], v.shape[3])  # (B, H, K, V)
    outputs = []
    for t in range(q.shape[1]):
        state = log_decay[:, t].exp().unsqueeze(-1) * state + k[:, t].unsqueeze(-1) * v[:, t].unsqueeze(-2)
        outputs.append((q[:, t].unsqueeze(-1) * state).sum(-2))
    return torch.stack(outputs, 1) * q.shape[3] ** -0.5


def chunked_gla(q, k, v, log_decay):
    """The same in chunks of 32 tokens: matrix products within a chunk, a recurrence over the chunks' states.

    With b the running sum of log_decay inside a chunk, token i sees token j <= i of its chunk with weight
    exp(b_i - b_j) = exp(b_i - m) exp(m - b_j), m being b in the middle of the chunk.
    """
    batch, length, heads, key_size = q.shape
    chunks = -(-length // CHUNK)

    def split(x):  # (B, L, H, E) -> (B, H, chunks, CHUNK, E); padded tokens write nothing and decay nothing
        x = F.pad(x.float(), (0, 0, 0, 0, 0, chunks * CHUNK - length))
        return x.view(batch, chunks, CHUNK, heads, x.shape[-1]).permute(0, 3, 1, 2, 4)

    q, k, v = split(q) * key_size**-0.5, split(k), split(v)
    b = split(log_decay.clamp(min=MIN_LOG_DECAY)).cumsum(-2)
    middle, total = b[..., CHUNK // 2 - 1 : CHUNK // 2, :], b[..., -1:, :]

    scores = (q * (b - middle).exp()) @ (k * (middle - b).exp()).transpose(-1, -2)
    output = scores.tril() @ v  # what the tokens of a chunk see of each other

    written = (k * (total - b).exp()).transpose(-1, -2) @ v  # (B, H, chunks, K, V)
    kept = total.exp().transpose(-1, -2)  # (B, H, chunks, K, 1)
    states = [torch.zeros_like(written[:, :, 0])]
    for c in range(chunks - 1):
        states.append(kept[:, :, c] * states[-1] + written[:, :, c])
    output = output + (q * b.exp()) @ torch.stack(states, 2)  # what they see of earlier chunks
    return output.permute(0, 2, 3, 1, 4).reshape(batch, chunks * CHUNK, heads, -1)[:, :length]
