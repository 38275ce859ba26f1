"""Against outputs of the official code, kept as test resources of the exporter."""

import json
import unittest
from pathlib import Path

import numpy as np
import torch

import checkpoint
import samplers
from vae import AutoencoderKL

GOLDEN = Path(__file__).resolve().parents[2] / "src" / "test" / "resources" / "golden"


def tensors(path):
    with np.load(path) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def load(case):
    return checkpoint.load(GOLDEN / case / "checkpoint.pt", json.loads((GOLDEN / case / "config.json").read_text()))


class OfficialCasesTest(unittest.TestCase):
    def assert_close(self, actual, expected, tolerance=1e-5):
        self.assertLess(((actual - expected).norm() / expected.norm()).item(), tolerance)

    def test_official_checkpoints_load_and_give_the_official_output(self):
        for case in ("dig-plain", "dig-skip", "dig-uncond"):
            with self.subTest(case):
                io = tensors(GOLDEN / case / "io.npz")
                self.assert_close(load(case)(io["latent"], io["timestep"], io.get("label")), io["output"])

    def test_samplers_follow_the_official_trajectories(self):
        recorded = tensors(GOLDEN / "samplers" / "trajectory.npz")
        steps = int(recorded["steps"])
        denoise = samplers.guided(load("dig-plain"), recorded["label"], float(recorded["cfg_scale"]))
        noise = iter(recorded["ddpm_noise"])
        for sampler in ("ddpm", "ddim"):
            timesteps = samplers.space_timesteps(sampler, steps)
            self.assertEqual(timesteps, recorded[f"{sampler}_timesteps"].tolist())
        final = samplers.ddpm(denoise, recorded["initial"], steps, lambda: next(noise))
        self.assert_close(final, recorded["ddpm_final"])
        self.assert_close(samplers.ddim(denoise, recorded["initial"], steps), recorded["ddim_final"])

    def test_the_autoencoder_decodes_like_diffusers(self):
        io = tensors(GOLDEN / "vae" / "io.npz")
        vae = AutoencoderKL.load(GOLDEN / "vae").requires_grad_(False)
        self.assert_close(vae.decode(io["latent"] / io["scaling_factor"]), io["image"])


if __name__ == "__main__":
    unittest.main()
