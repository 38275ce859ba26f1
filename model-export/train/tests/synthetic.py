"""A small data set in the files of Fashion-MNIST: one bright square per class, at a place that depends on the class, and noise."""

import gzip
import struct

import numpy as np


def write(folder, train=400, test=100):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = rng.integers(0, 40, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels):
            row, column = 4 + 12 * (label // 5), 1 + 5 * (label % 5)
            image[row : row + 8, column : column + 5] += 200
        _write_idx(folder / f"{split}-images-idx3-ubyte.gz", images)
        _write_idx(folder / f"{split}-labels-idx1-ubyte.gz", labels)


def _write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))
