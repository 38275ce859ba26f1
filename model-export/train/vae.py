"""A small AutoencoderKL with the state-dict names and the directory layout of diffusers."""

import json
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

import safetensors_file

CONFIG = dict(
    _class_name="AutoencoderKL", act_fn="silu", block_out_channels=[32, 64],
    down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2, force_upcast=True,
    in_channels=3, out_channels=3, latent_channels=4, layers_per_block=1, mid_block_add_attention=True,
    norm_num_groups=8, sample_size=32, scaling_factor=1.0, shift_factor=None, use_quant_conv=True,
    use_post_quant_conv=True,
)  # fmt: skip


class ResnetBlock(nn.Module):
    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-6)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x):
        y = self.conv1(F.silu(self.norm1(x)))
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Attention(nn.Module):
    """Softmax attention with one head over all positions."""

    def __init__(self, channels, groups):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):  # (N, C, H, W)
        y = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.to_q(y), self.to_k(y), self.to_v(y)
        weights = (q @ k.transpose(1, 2) * x.shape[1] ** -0.5).softmax(-1)
        return x + self.to_out[0](weights @ v).transpose(1, 2).reshape(x.shape)


class MidBlock(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(channels, channels, groups) for _ in range(2))
        self.attentions = nn.ModuleList([Attention(channels, groups)])

    def forward(self, x):
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Resample(nn.Module):
    """Halves with a strided convolution padded at the far edges, or doubles by repetition and a convolution."""

    def __init__(self, channels, stride):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=stride, padding=1 if stride == 1 else 0)

    def forward(self, x):
        if self.conv.stride[0] == 2:
            return self.conv(F.pad(x, (0, 1, 0, 1)))
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class LevelBlock(nn.Module):
    """The residual blocks of one resolution, then the way to the next, stored under `resample` if there is one."""

    def __init__(self, inputs, outputs, blocks, groups, resample=None):
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock(inputs if j == 0 else outputs, outputs, groups) for j in range(blocks)
        )
        self.resample = resample
        if resample is not None:
            stride = {"downsamplers": 2, "upsamplers": 1}[resample]
            self.add_module(resample, nn.ModuleList([Resample(outputs, stride)]))

    def forward(self, x):
        for resnet in self.resnets:
            x = resnet(x)
        return x if self.resample is None else getattr(self, self.resample)[0](x)


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, groups = config["block_out_channels"], config["norm_num_groups"]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            LevelBlock(
                widths[max(i - 1, 0)], width, config["layers_per_block"], groups, "downsamplers" if i < last else None
            )
            for i, width in enumerate(widths)
        )
        self.mid_block = MidBlock(widths[-1], groups)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config["latent_channels"], 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        widths, groups = config["block_out_channels"][::-1], config["norm_num_groups"]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(config["latent_channels"], widths[0], 3, padding=1)
        self.mid_block = MidBlock(widths[0], groups)
        self.up_blocks = nn.ModuleList(
            LevelBlock(
                widths[max(i - 1, 0)], width, config["layers_per_block"] + 1, groups, "upsamplers" if i < last else None
            )
            for i, width in enumerate(widths)
        )
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], config["out_channels"], 3, padding=1)

    def forward(self, z):
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class AutoencoderKL(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        self.config = {**CONFIG, **(config or {})}
        latent = self.config["latent_channels"]
        self.encoder = Encoder(self.config)
        self.decoder = Decoder(self.config)
        self.quant_conv = nn.Conv2d(2 * latent, 2 * latent, 1)
        self.post_quant_conv = nn.Conv2d(latent, latent, 1)

    @property
    def factor(self):
        """Image pixels along one side of a latent cell."""
        return 2 ** (len(self.config["block_out_channels"]) - 1)

    def encode(self, images):
        """Images (N, 3, H, W) in [-1, 1] to the posterior's mean and log-variance, both (N, 4, H / 2, W / 2), unscaled."""
        mean, log_variance = self.quant_conv(self.encoder(images)).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, z):
        """Unscaled latents to images (N, 3, H, W), about [-1, 1], not clamped."""
        return self.decoder(self.post_quant_conv(z)).float()

    def decode_scaled(self, latents):
        """Latents as the denoiser leaves them to images in [-1, 1]."""
        return self.decode(latents / self.config["scaling_factor"]).clamp(-1, 1)

    def save(self, directory):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")
        safetensors_file.save(self.state_dict(), directory / "diffusion_pytorch_model.safetensors")

    @classmethod
    def load(cls, directory):
        directory = Path(directory)
        vae = cls(json.loads((directory / "config.json").read_text()))
        vae.load_state_dict(safetensors_file.load(directory / "diffusion_pytorch_model.safetensors"))
        return vae
