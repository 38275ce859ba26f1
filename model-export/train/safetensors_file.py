"""Tensors in the safetensors format: 8 bytes of header length, a JSON header, the data."""

import json
import struct

import numpy as np
import torch

KINDS = {torch.float16: ("F16", "<f2"), torch.uint8: ("U8", "u1")}  # all others are written as float32


def save(tensors, path):
    header, chunks, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in sorted(tensors.items()):
        kind, stored = KINDS.get(tensor.dtype, ("F32", "<f4"))
        tensor = tensor if tensor.dtype in KINDS else tensor.float()
        data = tensor.detach().cpu().contiguous().numpy().astype(stored).tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data starts on a multiple of eight
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: expected F32 for {name}, found {entry['dtype']}; convert the file to float32.")
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors
