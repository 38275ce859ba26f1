"""Checkpoints in the layout of the official training script, and the folder that ships."""

import json
from argparse import Namespace
from pathlib import Path

import torch

from data import CLASS_NAMES
from models import DiG


def save(path, model):
    """Writes `ema` (float16, the fixed position embedding float32) and `args` with the constructor's options."""
    ema = {
        name: (tensor.float() if name == "pos_embed" else tensor.half()).cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    torch.save({"ema": ema, "args": Namespace(model=None, **model.config)}, path)


def ship(folder, model):
    """Writes checkpoint.pt, config.json and class_names.txt, everything the exporter needs besides the VAE."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "checkpoint.pt", model)
    (folder / "config.json").write_text(json.dumps(model.config, indent=2) + "\n")
    (folder / "class_names.txt").write_text("\n".join(CLASS_NAMES) + "\n")


def load(path, config):
    """The EMA model of an official checkpoint or of one of ours, in float32. It unpickles: load only files you trust."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    model = DiG(**config)
    model.load_state_dict({name: tensor.float() for name, tensor in state["ema"].items()})
    return model.eval().requires_grad_(False)


def load_shipped(folder):
    folder = Path(folder)
    return load(folder / "checkpoint.pt", json.loads((folder / "config.json").read_text()))
