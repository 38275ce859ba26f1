"""Run from the recipe's folder: `python3 -m unittest discover`. Needs only torch and numpy."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
torch.set_num_threads(1)
