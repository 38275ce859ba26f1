"""Trains DiG on the latents of a trained autoencoder (train_vae.py). See `python train.py --help`."""

import argparse
from pathlib import Path

import torch

import checkpoint
import data
import run as runs
import samplers
from diffusion import TIMESTEPS, GaussianDiffusion, linear_betas
from ema import Ema
from models import DiG
from train_vae import encode_all
from vae import AutoencoderKL


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(data.DEFAULT_FOLDER), help="folder of the four IDX files")
    parser.add_argument("--vae", type=Path, default=Path("runs/vae/vae"), help="AutoencoderKL folder")
    runs.add_arguments(parser, "runs/dig", steps=40000, batch=256, learning_rate=5e-4)
    parser.add_argument("--ema-decay", type=float, default=0.9998)
    parser.add_argument("--hidden-size", type=int, default=192, help="heads have 64 channels of value, 32 of key")
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--grid-rows", type=int, default=4, help="samples of each class drawn at every save")
    parser.add_argument("--grid-steps", type=int, default=20, help="DDIM steps of those samples")
    return parser.parse_args(arguments)


def build_model(args, vae):
    if args.hidden_size % 64:
        raise SystemExit(f"--hidden-size: expected a multiple of 64, the size of a head; found {args.hidden_size}.")
    if args.depth % 4:  # the token order turns and flips block by block, and is the image's again after four
        raise SystemExit(f"--depth: expected a multiple of 4, so that tokens end in the image's order; found {args.depth}.")
    return DiG(
        input_size=data.SIDE // vae.factor, patch_size=2, in_channels=vae.config["latent_channels"],
        hidden_size=args.hidden_size, depth=args.depth, num_heads=args.hidden_size // 64, bid_mode="layer",
        if_dw_conv=True, if_quad_dir=True, num_classes=len(data.CLASS_NAMES), class_dropout_prob=0.1,
    )  # fmt: skip


def draw_grid(model, vae, path, rows, steps, seed=0):
    """Samples by DDIM at guidance 1.5, one class per column."""
    device = model.pos_embed.device
    labels = torch.arange(len(data.CLASS_NAMES), device=device).repeat(rows)
    generator = torch.Generator(device).manual_seed(seed)
    with runs.autocast(device), torch.no_grad():
        latents = samplers.sample(model, labels, "ddim", steps, 1.5, generator)
        images = vae.decode_scaled(latents)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.write_grid(data.to_bytes(images), len(data.CLASS_NAMES), path)


def main(arguments=None):
    args = parse_arguments(arguments)
    device = runs.set_up(args.device)
    torch.manual_seed(args.seed)
    vae = AutoencoderKL.load(args.vae).to(device).eval().requires_grad_(False)
    images, labels = data.load_split(args.data, "train", device)
    scaling = vae.config["scaling_factor"]
    # No flips: garments have a side (every shoe of the data set points left).
    mean, deviation = (x * scaling for x in encode_all(vae, images))
    model = build_model(args, vae).to(device)
    ema = Ema(model, args.ema_decay)
    trained = [p for p in model.parameters() if p.requires_grad]
    print(f"{sum(p.numel() for p in trained):,} parameters, {len(images):,} images on {device}")
    optimizer = torch.optim.AdamW(trained, lr=args.lr, betas=(0.9, 0.99), weight_decay=0.01)
    diffusion = GaussianDiffusion(linear_betas(), device)

    def gradients(x0, t, y, noise):
        with runs.autocast(device):
            mse, bound = diffusion.training_losses(model, x0, t, y, noise)
        model.zero_grad(set_to_none=True)
        (mse + bound).mean().backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        return mse.detach().mean(), bound.detach().mean()

    if device.type == "cuda":
        runs.compile_blocks(model)
        for _ in range(3):  # compiles before the recording's warm-up; no step is taken
            gradients(mean[: args.batch], labels[: args.batch], labels[: args.batch], mean[: args.batch])
        torch.cuda.synchronize()
    gradients = runs.Graphed(gradients)

    def on_save(step):
        checkpoint.ship(args.out / "model", ema.model)
        vae.save(args.out / "model" / "vae")
        path = args.out / "samples" / f"step_{step:06d}.png"
        draw_grid(ema.model, vae, path, args.grid_rows, args.grid_steps)

    run = runs.Run(args, {"model": model, "ema": ema, "optimizer": optimizer}, len(images), on_save)
    for _ in run:
        chosen = run.batch_indices()
        x0 = mean[chosen] + deviation[chosen] * torch.randn(
            mean[chosen].shape, generator=run.generator, device=device
        )
        noise = torch.randn(x0.shape, generator=run.generator, device=device)
        t = torch.randint(TIMESTEPS, chosen.shape, generator=run.generator, device=device)
        mse, bound = gradients(x0, t, model.drop_labels(labels[chosen], run.generator), noise)
        optimizer.step()
        ema.update(model)
        run.report(loss=mse + bound, mse=mse, bound=bound)
    print(f"{args.out / 'model'}: {run.steps} steps of {args.batch}, {run.spent:.0f} s of training")


if __name__ == "__main__":
    main()
