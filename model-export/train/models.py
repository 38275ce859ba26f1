"""DiG: diffusion with gated linear attention (arXiv 2405.18428), state-dict names as in the official code."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from gla import chunked_gla

GATE_NORMALIZER = 16
GATE_LOW_RANK = 16


def modulate(x, shift, scale):
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


def sincos_position_embedding(dim, side):
    """Fixed 2-D embedding (1, side * side, dim): the column in the first half of the channels, the row in the second."""
    omega = 1.0 / 10000 ** (np.arange(dim // 4) / (dim / 4))
    row, column = (axis.reshape(-1, 1) * omega for axis in np.mgrid[:side, :side])
    table = np.concatenate([np.sin(column), np.cos(column), np.sin(row), np.cos(row)], axis=1)
    return torch.from_numpy(table).float().unsqueeze(0)


class PatchEmbed(nn.Module):
    def __init__(self, patch_size, in_channels, hidden_size):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, hidden_size, patch_size, stride=patch_size)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)  # (N, C, H, W) -> (N, T, D), row by row


class TimestepEmbedder(nn.Module):
    def __init__(self, hidden_size, frequencies=256):
        super().__init__()
        self.frequencies = frequencies
        self.mlp = nn.Sequential(
            nn.Linear(frequencies, hidden_size), nn.SiLU(), nn.Linear(hidden_size, hidden_size)
        )

    def forward(self, t):
        half = self.frequencies // 2
        omega = torch.exp(-math.log(10000) * torch.arange(half, device=t.device, dtype=torch.float32) / half)
        angle = t.float().unsqueeze(1) * omega
        return self.mlp(torch.cat([angle.cos(), angle.sin()], dim=1))


class LabelEmbedder(nn.Module):
    """One row per class, and a last row for "no class" if the model trains with label dropout."""

    def __init__(self, num_classes, hidden_size, dropout):
        super().__init__()
        self.embedding_table = nn.Embedding(num_classes + (dropout > 0), hidden_size)

    def forward(self, labels):
        return self.embedding_table(labels)


class RMSNorm(nn.Module):
    def __init__(self, size, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


class GatedLinearAttention(nn.Module):
    def __init__(self, hidden_size, num_heads, expand_k, expand_v):
        super().__init__()
        key_size, value_size = int(hidden_size * expand_k), int(hidden_size * expand_v)
        self.num_heads = num_heads
        self.q_proj = nn.Linear(hidden_size, key_size, bias=False)
        self.k_proj = nn.Linear(hidden_size, key_size, bias=False)
        self.v_proj = nn.Linear(hidden_size, value_size, bias=False)
        self.g_proj = nn.Linear(hidden_size, value_size, bias=False)
        self.gk_proj = nn.Sequential(
            nn.Linear(hidden_size, GATE_LOW_RANK, bias=False), nn.Linear(GATE_LOW_RANK, key_size)
        )
        self.g_norm_swish_gate = RMSNorm(value_size // num_heads)
        self.o_proj = nn.Linear(value_size, hidden_size, bias=False)

    def forward(self, x):
        q, k, v, gate, forget = (
            project(x).unflatten(-1, (self.num_heads, -1))  # (N, T, D) -> (N, T, heads, size of a head)
            for project in (self.q_proj, self.k_proj, self.v_proj, self.g_proj, self.gk_proj)
        )
        with torch.autocast(x.device.type, enabled=False):
            o = chunked_gla(q, k, v, F.logsigmoid(forget.float()) / GATE_NORMALIZER)
            o = self.g_norm_swish_gate(o) * F.silu(gate.float())
        return self.o_proj(o.flatten(2))


class GatedMlp(nn.Module):
    def __init__(self, hidden_size, multiple=256):
        super().__init__()
        inner = multiple * math.ceil(int(hidden_size * 4 * 2 / 3) / multiple)
        self.gate_proj = nn.Linear(hidden_size, 2 * inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden_size, bias=False)

    def forward(self, x):
        gate, y = self.gate_proj(x).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * y)


class DepthwiseConv(nn.Conv2d):
    """A depthwise convolution over the token grid."""

    def __init__(self, hidden_size, kernel_size):
        super().__init__(hidden_size, hidden_size, kernel_size, padding=kernel_size // 2, groups=hidden_size)
        nn.init.dirac_(self.weight, groups=hidden_size)
        nn.init.zeros_(self.bias)

    def forward(self, x):  # (N, T, D)
        """As a sum of shifted grids: in this memory layout far faster than the convolution's gradients."""
        side, size = math.isqrt(x.shape[1]), self.kernel_size[0]
        grid = F.pad(x.unflatten(1, (side, side)), (0, 0, *4 * [size // 2]))
        y = self.bias
        for row in range(size):
            for column in range(size):
                y = y + grid[:, row : row + side, column : column + side] * self.weight[:, 0, row, column]
        return y.flatten(1, 2)


class Block(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        size = config["hidden_size"]
        if config["if_rms_norm"]:
            self.norm1, self.norm2 = RMSNorm(size), RMSNorm(size)
            self.attn_norm, self.mlp_norm = self.norm1, self.norm2  # the official state dict has both names
        else:
            self.norm1 = nn.LayerNorm(size, elementwise_affine=False, eps=1e-6)
            self.norm2 = nn.LayerNorm(size, elementwise_affine=False, eps=1e-6)
        self.attn = GatedLinearAttention(size, config["num_heads"], config["expand_k"], config["expand_v"])
        self.mlp = GatedMlp(size)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(size, 6 * size))
        self.dw_conv = DepthwiseConv(size, config["conv_kernel_size"]) if config["if_dw_conv"] else None
        self.conv_in_block = config["if_in_block_conv"]
        joins_skip = config["if_skip"] and layer > config["depth"] // 2
        self.skip_linear = nn.Linear(2 * size, size) if joins_skip else None

    def forward(self, x, c, skip=None):  # (N, T, D), (N, D), (N, T, D)
        if self.skip_linear is not None:
            x = self.skip_linear(torch.cat([x, skip], dim=-1))
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c).chunk(6, dim=1)
        y = modulate(self.norm1(x), shift1, scale1)
        if self.dw_conv is not None and self.conv_in_block:
            y = self.dw_conv(y)
        x = x + gate1.unsqueeze(1) * self.attn(y)
        x = x + gate2.unsqueeze(1) * self.mlp(modulate(self.norm2(x), shift2, scale2))
        if self.dw_conv is not None and not self.conv_in_block:
            x = self.dw_conv(x)
        return x


class FinalLayer(nn.Module):
    def __init__(self, hidden_size, outputs, conditional):
        super().__init__()
        self.norm_final = nn.LayerNorm(hidden_size, elementwise_affine=False, eps=1e-6)
        self.linear = nn.Linear(hidden_size, outputs)
        self.adaLN_modulation = (
            nn.Sequential(nn.SiLU(), nn.Linear(hidden_size, 2 * hidden_size)) if conditional else None
        )

    def forward(self, x, c):
        x = self.norm_final(x)
        if self.adaLN_modulation is not None:
            shift, scale = self.adaLN_modulation(c).chunk(2, dim=1)
            x = modulate(x, shift, scale)
        return self.linear(x)


class DiG(nn.Module):
    """The denoiser: a latent (N, C, H, W), timesteps (N) and labels (N) to epsilon, and the variance's range, (N, 2C, H, W)."""

    DEFAULTS = dict(
        input_size=32, patch_size=2, in_channels=4, hidden_size=1152, depth=28, num_heads=16,
        class_dropout_prob=0.1, num_classes=1000, learn_sigma=True, expand_k=0.5, expand_v=1, bid_mode="layer",
        if_dw_conv=False, if_quad_dir=False, conv_kernel_size=3, if_in_block_conv=False, if_rms_norm=False,
        if_skip=False,
    )  # fmt: skip

    def __init__(self, **config):
        super().__init__()
        unknown = set(config) - set(self.DEFAULTS)
        if unknown:
            raise ValueError(f"Expected constructor options among {sorted(self.DEFAULTS)}, found {sorted(unknown)}.")
        self.config = config = {**self.DEFAULTS, **config}
        size, patch = config["hidden_size"], config["patch_size"]
        self.num_classes, self.class_dropout = config["num_classes"], config["class_dropout_prob"]
        self.out_channels = config["in_channels"] * (2 if config["learn_sigma"] else 1)
        self.x_embedder = PatchEmbed(patch, config["in_channels"], size)
        self.t_embedder = TimestepEmbedder(size)
        if self.num_classes:
            self.y_embedder = LabelEmbedder(self.num_classes, size, self.class_dropout)
        side = config["input_size"] // patch
        self.pos_embed = nn.Parameter(sincos_position_embedding(size, side), requires_grad=False)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config["depth"]))
        self.final_layer = FinalLayer(size, patch * patch * self.out_channels, self.num_classes > 0)
        self.initialize_weights()

    def initialize_weights(self):
        """As in DiT: every block starts as the identity, the output as zero."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.xavier_uniform_(self.x_embedder.proj.weight.view(self.config["hidden_size"], -1))
        nn.init.zeros_(self.x_embedder.proj.bias)
        nn.init.normal_(self.t_embedder.mlp[0].weight, std=0.02)
        nn.init.normal_(self.t_embedder.mlp[2].weight, std=0.02)
        if self.num_classes:
            nn.init.normal_(self.y_embedder.embedding_table.weight, std=0.02)
            nn.init.zeros_(self.final_layer.adaLN_modulation[1].weight)
        for block in self.blocks:
            nn.init.zeros_(block.adaLN_modulation[1].weight)
        nn.init.zeros_(self.final_layer.linear.weight)

    def forward(self, x, t, y=None):
        config = self.config
        x = (self.x_embedder(x) + self.pos_embed).contiguous()  # every block sees one memory layout
        side = math.isqrt(x.shape[1])
        c = self.t_embedder(t)
        if self.num_classes:
            c = c + self.y_embedder(y)
        skips, half = [], config["depth"] // 2
        for i, block in enumerate(self.blocks):
            x = block(x, c, skips.pop() if config["if_skip"] and i > half else None)
            if config["bid_mode"] == "layer":
                x = x.flip(1)
            if config["if_quad_dir"] and i % 2 == 1:
                x = x.unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)
            if config["if_skip"] and i < half - 1:
                skips.append(x)
        return self.unpatchify(self.final_layer(x, c), side)

    def unpatchify(self, x, side):  # (N, T, p * p * C) -> (N, C, H, W)
        patch = self.config["patch_size"]
        x = x.view(x.shape[0], side, side, patch, patch, self.out_channels)
        return x.permute(0, 5, 1, 3, 2, 4).reshape(x.shape[0], self.out_channels, side * patch, side * patch)

    def drop_labels(self, y, generator):
        """Replaces a label in ten, at a dropout of 0.1, by the null class: what guidance subtracts."""
        dropped = torch.rand(y.shape, generator=generator, device=y.device) < self.class_dropout
        return torch.where(dropped, torch.full_like(y, self.num_classes), y)
