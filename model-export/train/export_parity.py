"""Writes the latents that the recipe's own sampler generates with a shipped model, for comparison with the exported bundle.

The safetensors file has `initial` (4, C, H, W), `label` (4), and the latents after DDIM-50: `ddim50_1.0` and `ddim50_1.5`, by
guidance. Everything is computed in float32 on the CPU.
"""

import argparse
from pathlib import Path

import torch

import checkpoint
import safetensors_file
import samplers

LABELS = [0, 1, 8, 9]
SCALES = [1.0, 1.5]
STEPS = 50


@torch.no_grad()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with checkpoint.pt and config.json")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    args = parser.parse_args(arguments)
    model = checkpoint.load_shipped(args.model)
    side = model.config["input_size"]
    labels = torch.tensor(LABELS)
    initial = torch.randn(
        len(labels), model.config["in_channels"], side, side, generator=torch.Generator().manual_seed(0)
    )
    tensors = {"initial": initial, "label": labels}
    for scale in SCALES:
        tensors[f"ddim{STEPS}_{scale}"] = samplers.ddim(samplers.guided(model, labels, scale), initial, STEPS)
    safetensors_file.save(tensors, args.out)


if __name__ == "__main__":
    main()
