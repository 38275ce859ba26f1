"""The training objective: DDPM with 1000 linear steps, epsilon, and a learned variance (arXiv 2102.09672)."""

import math

import numpy as np
import torch

TIMESTEPS = 1000


def linear_betas():
    return np.linspace(1e-4, 0.02, TIMESTEPS, dtype=np.float64)


class GaussianDiffusion:
    """Schedule tables over the timesteps that `betas` has; float64 on the host, float32 where tensors are."""

    def __init__(self, betas, device="cpu"):
        self.betas = betas
        self.alphas_cumprod = np.cumprod(1 - betas)
        previous = np.append(1.0, self.alphas_cumprod[:-1])
        self.alphas_cumprod_prev = previous
        variance = betas * (1 - previous) / (1 - self.alphas_cumprod)
        # The posterior variance of the first step is zero: its logarithm takes the second's.
        self.min_log_variance = np.log(np.append(variance[1:2], variance[1:]))
        self.max_log_variance = np.log(betas)
        self.mean_x0 = betas * np.sqrt(previous) / (1 - self.alphas_cumprod)
        self.mean_xt = (1 - previous) * np.sqrt(1 - betas) / (1 - self.alphas_cumprod)
        rows = [
            np.sqrt(self.alphas_cumprod), np.sqrt(1 - self.alphas_cumprod), self.min_log_variance,
            self.max_log_variance, self.mean_x0, self.mean_xt,
        ]  # fmt: skip
        self._table = torch.tensor(np.stack(rows, 1), dtype=torch.float32, device=device)

    def _at(self, t):
        return self._table[t].view(len(t), -1, 1, 1, 1).unbind(1)

    def training_losses(self, model, x0, t, y, noise):
        """L_simple + 0.001 L_vlb per sample: (mean squared error of epsilon, one term of the bound in bits).

        A term stands for TIMESTEPS of them, so the factor is 1. Its mean's gradient is stopped: the bound teaches
        the variance alone.
        """
        signal, sigma, min_log, max_log, mean_x0, mean_xt = self._at(t)
        xt = signal * x0 + sigma * noise
        eps, fraction = model(xt, t, y).float().chunk(2, dim=1)
        mse = (noise - eps).square().mean((1, 2, 3))

        predicted_x0 = (xt - sigma * eps.detach()) / signal
        mean = mean_x0 * predicted_x0 + mean_xt * xt
        log_variance = min_log + (fraction + 1) / 2 * (max_log - min_log)
        true_mean = mean_x0 * x0 + mean_xt * xt
        kl = normal_kl(true_mean, min_log, mean, log_variance).mean((1, 2, 3))
        nll = -discretized_log_likelihood(x0, mean, log_variance / 2).mean((1, 2, 3))
        return mse, torch.where(t == 0, nll, kl) / math.log(2)


def normal_kl(mean1, log_variance1, mean2, log_variance2):
    """KL divergence of two diagonal Gaussians, element by element, in nats."""
    difference = log_variance2 - log_variance1
    return 0.5 * (difference - 1 + (-difference).exp() + (mean1 - mean2).square() * (-log_variance2).exp())


def discretized_log_likelihood(x, mean, log_scale):
    """Log-probability that a Gaussian gives to the bin of width 2/255 around x, as the official code has it."""

    def cdf(z):
        return 0.5 * (1 + torch.erf(z / math.sqrt(2)))

    centred, inverse = x - mean, (-log_scale).exp()
    upper, lower = cdf(inverse * (centred + 1 / 255)), cdf(inverse * (centred - 1 / 255))
    lower = torch.where(x < -0.999, torch.zeros_like(lower), lower)
    upper = torch.where(x > 0.999, torch.ones_like(upper), upper)
    return (upper - lower).clamp(min=1e-12).log()
