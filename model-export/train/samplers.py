"""DDPM, DDIM and DPM-Solver++(2M) over respaced timesteps, with classifier-free guidance."""

import numpy as np
import torch

from diffusion import TIMESTEPS, GaussianDiffusion, linear_betas

GUIDED_CHANNELS = 3  # the official code guides the first three channels of epsilon, whatever their number


def space_timesteps(sampler, steps):
    """Ascending timesteps: evenly spaced with both ends (DDPM, DPM-Solver++), or at an integer stride (DDIM)."""
    if sampler == "ddim":
        for stride in range(1, TIMESTEPS):
            if len(range(0, TIMESTEPS, stride)) == steps:
                return list(range(0, TIMESTEPS, stride))
        raise ValueError(f"Expected a number of DDIM steps that an integer stride over {TIMESTEPS} gives, found {steps}.")
    stride, at, timesteps = (TIMESTEPS - 1) / max(steps - 1, 1), 0.0, []
    for _ in range(steps):  # summed, not multiplied: the official code rounds the running sum
        timesteps.append(round(at))
        at += stride
    return timesteps


def respace(timesteps):
    """The diffusion whose cumulative products are the full schedule's at `timesteps`."""
    cumulative = np.cumprod(1 - linear_betas())[timesteps]
    return GaussianDiffusion(1 - cumulative / np.append(1.0, cumulative[:-1]))


def guided(model, labels, scale):
    """A function of (x, timestep) to (epsilon, variance fraction) under classifier-free guidance."""

    def denoise(x, timestep):
        t = torch.full((len(x),), timestep, device=x.device)
        if scale == 1:
            return model(x, t, labels).float().chunk(2, dim=1)
        y = torch.cat([labels, torch.full_like(labels, model.num_classes)])
        conditional, unconditional = model(torch.cat([x, x]), torch.cat([t, t]), y).float().chunk(2)
        eps, fraction = conditional.chunk(2, dim=1)
        base = unconditional[:, :GUIDED_CHANNELS]
        head = base + scale * (eps[:, :GUIDED_CHANNELS] - base)
        return torch.cat([head, eps[:, GUIDED_CHANNELS:]], dim=1), fraction

    return denoise


def ddpm(denoise, x, steps, noise):
    """Ancestral sampling with the learned variance; `noise()` draws like x, once for each step but the last."""
    timesteps = space_timesteps("ddpm", steps)
    table = respace(timesteps)
    for i in reversed(range(len(timesteps))):
        eps, fraction = denoise(x, timesteps[i])
        signal, sigma = table.alphas_cumprod[i] ** 0.5, (1 - table.alphas_cumprod[i]) ** 0.5
        mean = table.mean_x0[i] * (x - sigma * eps) / signal + table.mean_xt[i] * x
        low, high = table.min_log_variance[i], table.max_log_variance[i]
        x = mean if i == 0 else mean + (0.5 * (low + (fraction + 1) / 2 * (high - low))).exp() * noise()
    return x


def ddim(denoise, x, steps):
    """Deterministic DDIM (eta 0)."""
    timesteps = space_timesteps("ddim", steps)
    table = respace(timesteps)
    for i in reversed(range(len(timesteps))):
        eps, _ = denoise(x, timesteps[i])
        now, before = table.alphas_cumprod[i], table.alphas_cumprod_prev[i]
        x0 = (x - (1 - now) ** 0.5 * eps) / now**0.5
        x = before**0.5 * x0 + (1 - before) ** 0.5 * eps
    return x


def dpm_solver(denoise, x, steps):
    """DPM-Solver++(2M) (arXiv 2211.01095) in data prediction; the last step, to the clean image, is of first order."""
    timesteps = space_timesteps("dpm", steps)
    cumulative = respace(timesteps).alphas_cumprod
    signal, sigma = cumulative**0.5, (1 - cumulative) ** 0.5
    log_snr = np.log(signal / sigma)
    earlier = None
    for i in reversed(range(len(timesteps))):
        eps, _ = denoise(x, timesteps[i])
        x0 = (x - sigma[i] * eps) / signal[i]
        if i == 0:
            return x0
        step = log_snr[i - 1] - log_snr[i]
        direction = x0
        if earlier is not None:
            ratio = (log_snr[i] - log_snr[i + 1]) / step
            direction = x0 + (x0 - earlier) / (2 * ratio)
        x = sigma[i - 1] / sigma[i] * x - signal[i - 1] * np.expm1(-step) * direction
        earlier = x0


@torch.no_grad()
def sample(model, labels, sampler, steps, scale, generator):
    """Latents (N, C, H, W) of one image per label; the generator draws the initial noise, then DDPM's steps."""
    config = model.config
    shape = (len(labels), config["in_channels"], config["input_size"], config["input_size"])

    def noise():
        return torch.randn(shape, generator=generator, device=labels.device)

    denoise = guided(model, labels, scale)
    if sampler == "ddpm":
        return ddpm(denoise, noise(), steps, noise)
    return {"ddim": ddim, "dpm": dpm_solver}[sampler](denoise, noise(), steps)
