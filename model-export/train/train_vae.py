"""Trains the autoencoder: squared error and a weighted KL divergence. See `python train_vae.py --help`."""

import argparse
from pathlib import Path

import torch

import data
import run as runs
from vae import AutoencoderKL


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(data.DEFAULT_FOLDER), help="folder of the four IDX files")
    runs.add_arguments(parser, "runs/vae", steps=8000, batch=256, learning_rate=1e-3)
    parser.add_argument("--kl-weight", type=float, default=1e-3, help="weight of the KL term, mean over the latent")
    parser.add_argument("--widths", type=int, nargs=2, default=[32, 64], help="block_out_channels")
    return parser.parse_args(arguments)


@torch.no_grad()
def encode_all(vae, images, batch=1000):
    """The posterior's mean and standard deviation of every image, unscaled."""
    parts = [vae.encode(data.to_model(part)) for part in images.split(batch)]
    mean, log_variance = (torch.cat(column) for column in zip(*parts))
    return mean, (0.5 * log_variance).exp()


def measure_scaling_factor(vae, images, generator):
    """One over the standard deviation of sampled latents, over all channels."""
    mean, deviation = encode_all(vae, images)
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return 1 / (mean + deviation * noise).std().item()


def main(arguments=None):
    args = parse_arguments(arguments)
    device = runs.set_up(args.device)
    torch.manual_seed(args.seed)
    images, _ = data.load_split(args.data, "train", device)
    vae = AutoencoderKL({"block_out_channels": args.widths}).to(device)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=args.lr, betas=(0.9, 0.99), weight_decay=1e-4)

    def on_save(step):
        with torch.no_grad():
            mean, _ = vae.encode(data.to_model(images[:40]))
            shown = torch.cat([images[:40], data.to_bytes(vae.decode(mean))])
        (args.out / "samples").mkdir(exist_ok=True)
        data.write_grid(shown, 10, args.out / "samples" / f"step_{step:06d}.png")

    run = runs.Run(args, {"model": vae, "optimizer": optimizer}, len(images), on_save)
    for _ in run:
        batch = data.to_model(images[run.batch_indices()])
        shape = (args.batch, vae.config["latent_channels"], *(side // vae.factor for side in batch.shape[2:]))
        noise = torch.randn(shape, generator=run.generator, device=device)
        with runs.autocast(device):
            error, kl = reconstruct(vae, batch, noise)
        optimizer.zero_grad(set_to_none=True)
        (error + args.kl_weight * kl).backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        run.report(psnr=10 * torch.log10(4 / error), kl=kl)

    generator = torch.Generator(device).manual_seed(args.seed)
    vae.config["scaling_factor"] = round(measure_scaling_factor(vae, images, generator), 5)
    vae.save(args.out / "vae")
    print(f"{args.out / 'vae'}: scaling factor {vae.config['scaling_factor']}, {run.spent:.0f} s of training")


def reconstruct(vae, images, noise):
    """Mean squared error (images span 2) and mean KL divergence of a sampled reconstruction."""
    mean, log_variance = vae.encode(images)
    decoded = vae.decode(mean + (0.5 * log_variance).exp() * noise)
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    return (decoded - images).square().mean(), kl


if __name__ == "__main__":
    main()
