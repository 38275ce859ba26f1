import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

import checkpoint
import evaluate
import export_parity
import metrics
import safetensors_file
import samplers
import train
import train_vae
from diffusion import GaussianDiffusion, linear_betas
from ema import Ema
from models import sincos_position_embedding
from tests import synthetic
from vae import AutoencoderKL


def quietly(function, *arguments):
    """The result and what was printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        return function(*arguments), printed.getvalue()


class RecipeTest(unittest.TestCase):
    """A few steps of everything, on a data set of bright squares."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        synthetic.write(cls.folder / "data")
        cls.common = [f"--data={cls.folder / 'data'}", "--device=cpu", "--warmup=5"]
        arguments = [f"--out={cls.folder / 'vae'}", "--steps=20", "--batch=16", "--widths", "8", "16"]
        _, cls.vae_log = quietly(train_vae.main, cls.common + arguments)
        cls.dig = cls.common + [
            f"--vae={cls.folder / 'vae' / 'vae'}", "--batch=4", "--hidden-size=64", "--depth=4", "--ema-decay=0.9",
            "--lr=3e-3", "--grid-rows=1", "--grid-steps=2",
        ]  # fmt: skip
        _, cls.log = quietly(train.main, cls.dig + [f"--out={cls.folder / 'dig'}", "--steps=30"])

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_a_progress_line_has_loss_rate_and_remaining_time(self):
        self.assertRegex(self.log, r"step 30/30  epoch 0\.3  loss \d\.\d+ .* images/s  ETA 0:00")
        self.assertRegex(self.vae_log, r"psnr \d+\.\d+")

    def test_the_loss_falls(self):
        first = float(self.log.split("  mse ")[1].split()[0])
        last = float(self.log.rsplit("  mse ", 1)[1].split()[0])
        self.assertGreater(first, 0.9)
        self.assertLess(last, 0.95 * first)

    def test_latents_are_scaled_to_unit_deviation(self):
        config = json.loads((self.folder / "vae" / "vae" / "config.json").read_text())
        self.assertGreater(config["scaling_factor"], 0.1)
        self.assertNotEqual(config["scaling_factor"], 1.0)

    def test_an_interrupted_run_resumes_to_the_same_weights(self):
        out = f"--out={self.folder / 'resumed'}"
        original = torch.save
        saves = []

        def fail_after_second_save(*arguments):
            original(*arguments)
            saves.append(arguments)
            if len(saves) == 4:  # the state and the shipped checkpoint, twice
                raise KeyboardInterrupt

        with mock.patch.object(torch, "save", fail_after_second_save), self.assertRaises(KeyboardInterrupt):
            quietly(train.main, self.dig + [out, "--steps=30", "--save-seconds=1"])
        _, log = quietly(train.main, self.dig + [out, "--steps=30"])
        self.assertIn("resumed", log)
        whole, resumed = (
            checkpoint.load_shipped(self.folder / run / "model").state_dict() for run in ("dig", "resumed")
        )
        for name, tensor in whole.items():
            self.assertTrue(torch.equal(tensor, resumed[name]), name)

    def test_sample_grids_are_drawn_while_training(self):
        grids = sorted((self.folder / "dig" / "samples").glob("*.png"))
        self.assertTrue(grids)
        self.assertEqual(grids[0].read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_the_shipped_checkpoint_has_the_official_layout(self):
        state = torch.load(self.folder / "dig" / "model" / "checkpoint.pt", weights_only=False)
        self.assertEqual(set(state), {"ema", "args"})
        self.assertEqual((state["args"].model, state["args"].num_heads), (None, 1))
        self.assertEqual(state["ema"]["blocks.0.attn.gk_proj.1.bias"].dtype, torch.float16)
        formula = sincos_position_embedding(64, 8)
        self.assertTrue(torch.equal(state["ema"]["pos_embed"], formula), "the average moved what is fixed")

    def test_every_measurement_is_made(self):
        out = self.folder / "evaluation"
        arguments = [
            f"--data={self.folder / 'data'}", "--device=cpu", f"--model={self.folder / 'dig' / 'model'}",
            f"--out={out}", "--samples=20", "--scored-samples=20", "--classifier-steps=2", "--batch=20",
        ]  # fmt: skip
        settings = {"SAMPLERS": [("ddim", 2)], "SCALES": [1.5], "SCORED_SETS": [("dpm", 2, 1.0)]}
        with mock.patch.multiple(evaluate, **settings):
            quietly(evaluate.Evaluation(evaluate.parse_arguments(arguments)).run)
        page = (out / "evaluation.md").read_text()
        self.assertIn("| DDIM 2 | 1.5 |", page)
        self.assertIn("| DPM-Solver++ 2, guidance 1.0 |", page)
        self.assertTrue((out / "nearest-dpm2-1.0.png").exists())

    def test_the_parity_file_repeats_the_recipe_s_sampler(self):
        path = self.folder / "parity.safetensors"
        with mock.patch.object(export_parity, "STEPS", 2):
            export_parity.main([f"--model={self.folder / 'dig' / 'model'}", f"--out={path}"])
        shapes = {name: tuple(tensor.shape) for name, tensor in safetensors_file.load(path).items()}
        latents = (4, 4, 16, 16)
        self.assertEqual(
            shapes, {"initial": latents, "label": (4,), "ddim2_1.0": latents, "ddim2_1.5": latents}
        )


class PartsTest(unittest.TestCase):
    def test_a_depth_that_leaves_the_tokens_out_of_order_is_refused(self):
        vae = AutoencoderKL({"block_out_channels": [8, 16]})
        with self.assertRaisesRegex(SystemExit, "multiple of 4.*found 6"):
            train.build_model(train.parse_arguments(["--depth=6"]), vae)

    def test_the_average_follows_the_weights(self):
        model = torch.nn.Linear(1, 1, bias=False)
        ema = Ema(model, decay=0.5)
        before = ema.model.weight.item()
        torch.nn.init.constant_(model.weight, 3.0)
        for _ in range(20):
            ema.update(model)
        self.assertNotEqual(before, 3.0)
        self.assertAlmostEqual(ema.model.weight.item(), 3.0, places=4)

    def test_the_bound_is_least_at_the_true_variance(self):
        diffusion = GaussianDiffusion(linear_betas())
        t = torch.tensor([300])
        noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))

        def bound(fraction):
            def model(x, t, y):
                return torch.cat([noise, torch.full_like(noise, fraction)], 1)

            mse, vb = diffusion.training_losses(model, torch.zeros_like(noise), t, None, noise)
            self.assertEqual(mse.item(), 0)
            return vb.item()

        # A perfect epsilon leaves no error: the posterior's own variance (fraction -1) is then exact.
        self.assertAlmostEqual(bound(-1.0), 0, places=6)
        self.assertGreater(bound(1.0), bound(0.0))

    def test_the_solvers_end_at_a_known_point(self):
        """For data at one point the exact epsilon is known, and every solver must end at the point."""
        point = torch.full((1, 4, 8, 8), 0.7)
        cumulative = np.cumprod(1 - linear_betas())

        def denoise(x, t):
            eps = (x - cumulative[t] ** 0.5 * point) / (1 - cumulative[t]) ** 0.5
            return eps, torch.zeros_like(eps)

        initial = torch.randn(point.shape, generator=torch.Generator().manual_seed(0))
        noise = torch.Generator().manual_seed(1)
        ends = [
            samplers.ddpm(denoise, initial, 25, lambda: torch.randn(point.shape, generator=noise)),
            samplers.ddim(denoise, initial, 25),
            samplers.dpm_solver(denoise, initial, 25),
        ]
        for end in ends:
            self.assertLess((end - point).abs().max().item(), 1e-3)

    def test_the_frechet_distance_of_shifted_features_is_the_squared_shift(self):
        features = torch.randn(500, 8, generator=torch.Generator().manual_seed(0))
        self.assertAlmostEqual(metrics.frechet_distance(features, features), 0, places=6)
        self.assertAlmostEqual(metrics.frechet_distance(features, features + 2), 4 * 8, places=4)

    def test_the_nearest_neighbour_of_a_copy_is_its_original(self):
        images = torch.randint(256, (50, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
        distance, index = metrics.nearest(images[10:13], images)
        self.assertEqual(index.tolist(), [10, 11, 12])
        self.assertEqual(distance.tolist(), [0, 0, 0])


if __name__ == "__main__":
    unittest.main()
