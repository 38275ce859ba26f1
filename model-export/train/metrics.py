"""Reconstruction error, Fréchet distance, and distances to nearest neighbours."""

import numpy as np
import torch


def psnr(images, reconstructions):
    """Peak signal-to-noise ratio in dB of bytes, from the mean squared error over all images."""
    error = (images.float() - reconstructions.float()).square().mean().item()
    return 10 * np.log10(255**2 / error)


def frechet_distance(features1, features2):
    """Distance of the Gaussians fitted to two sets of features (N, D)."""
    (mean1, cov1), (mean2, cov2) = (_fit(features) for features in (features1, features2))
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    # trace((cov1 cov2)^1/2) = trace((root cov2 root)^1/2), whose matrix is symmetric
    cross = np.sqrt(np.linalg.eigvalsh(root @ cov2 @ root).clip(0)).sum()
    return float(np.square(mean1 - mean2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross)


def _fit(features):
    features = features.double().cpu().numpy()
    return features.mean(0), np.cov(features, rowvar=False)


def nearest(queries, references, batch=500):
    """Euclidean distance to the nearest reference, per pixel in grey levels, and its index; bytes (N, H, W)."""
    references = references.flatten(1).double()
    squares = references.square().sum(1)
    distances, indices = [], []
    for part in queries.flatten(1).double().split(batch):
        squared = part.square().sum(1, keepdim=True) + squares - 2 * part @ references.T
        value, index = squared.min(1)
        # The difference itself, because the expansion cancels where images are close.
        distances.append((part - references[index]).square().mean(1).sqrt())
        indices.append(index)
    return torch.cat(distances), torch.cat(indices)
