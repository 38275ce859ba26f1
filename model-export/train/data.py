"""Fashion-MNIST (Debian's package dataset-fashion-mnist), and the small PNG files that show images."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import torch

DEFAULT_FOLDER = "/usr/share/datasets/fashion-mnist"
CLASS_NAMES = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip
SIDE = 32


def read_idx(path):
    """An array of unsigned bytes from a gzipped IDX file."""
    content = gzip.decompress(Path(path).read_bytes())
    _, kind, dimensions = struct.unpack(">HBB", content[:4])
    if kind != 8:
        raise ValueError(f"{path}: expected unsigned bytes (type 8), found type {kind}.")
    shape = struct.unpack(f">{dimensions}I", content[4 : 4 + 4 * dimensions])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def load_split(folder, split, device="cpu"):
    """Images (N, 32, 32) uint8, padded with black from 28 x 28, and labels (N) int64; split is `train` or `t10k`."""
    images = Path(folder) / f"{split}-images-idx3-ubyte.gz"
    if not images.exists():
        raise FileNotFoundError(f"Expected {images}: install the package dataset-fashion-mnist, or give --data.")
    pad = (SIDE - 28) // 2
    padded = np.pad(read_idx(images), ((0, 0), (pad, pad), (pad, pad)))
    labels = read_idx(Path(folder) / f"{split}-labels-idx1-ubyte.gz").astype(np.int64)
    return torch.from_numpy(padded).to(device), torch.from_numpy(labels).to(device)


def to_model(images):
    """Grey bytes (N, H, W) to the VAE's input: (N, 3, H, W) in [-1, 1], grey three times."""
    return (images.float() / 127.5 - 1).unsqueeze(1).expand(-1, 3, -1, -1)


def to_bytes(images):
    """The VAE's output, (N, 3, H, W) in [-1, 1], to grey bytes (N, H, W)."""
    return ((images.float().mean(1).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def write_grid(images, columns, path, magnify=2):
    """A PNG of grey images (N, H, W), row by row."""
    images = images.cpu().numpy()
    count, height, width = images.shape
    rows = -(-count // columns)
    tiles = np.zeros((rows * columns, height, width), np.uint8)
    tiles[:count] = images
    grid = tiles.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    grid = grid.repeat(magnify, 0).repeat(magnify, 1)

    def chunk(name, content):
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", grid.shape[1], grid.shape[0], 8, 0, 0, 0, 0)  # 8 bits of grey
    lines = b"".join(b"\0" + line.tobytes() for line in grid)  # filter 0
    Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")
    )
