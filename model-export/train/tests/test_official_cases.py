"""Against outputs of the official code, kept as test resources of the exporter and the runtime."""

import json
import unittest
from pathlib import Path

import numpy as np
import torch

import checkpoint
import safetensors_file
import samplers
from vae import AutoencoderKL

CHECKOUT = Path(__file__).resolve().parents[3]
RESOURCES = Path("src/test/resources/golden")
GOLDEN = CHECKOUT / "model-export" / "export" / RESOURCES
TRAJECTORIES = CHECKOUT / "jobs" / "runtime" / RESOURCES / "samplers" / "trajectory.safetensors"
STEPS, GUIDANCE, LABELS = 10, 4.0, [3, 8]  # of the recorded trajectories
TIMESTEPS = {
    "ddpm": [0, 111, 222, 333, 444, 555, 666, 777, 888, 999],
    "ddim": [0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
}


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
        recorded = safetensors_file.load(TRAJECTORIES)
        for sampler, timesteps in TIMESTEPS.items():
            self.assertEqual(samplers.space_timesteps(sampler, STEPS), timesteps)
        denoise = samplers.guided(load("dig-plain"), torch.tensor(LABELS), GUIDANCE)
        noise = iter(recorded["ddpm_noise"])
        final = samplers.ddpm(denoise, recorded["initial"], STEPS, lambda: next(noise))
        self.assert_close(final, recorded["ddpm_final"])
        self.assert_close(samplers.ddim(denoise, recorded["initial"], STEPS), recorded["ddim_final"])

    def test_the_autoencoder_decodes_like_diffusers(self):
        io = tensors(GOLDEN / "vae" / "io.npz")
        vae = AutoencoderKL.load(GOLDEN / "vae").requires_grad_(False)
        self.assert_close(vae.decode(io["latent"] / io["scaling_factor"]), io["image"])


if __name__ == "__main__":
    unittest.main()
