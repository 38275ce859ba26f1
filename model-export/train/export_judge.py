"""Trains the judge and writes it for `./dig bench quality`, with what the comparison in Java is tested against.

The judge (`--out`, safetensors) has the classifier's layers in float16, each batch normalisation merged into its
convolution, and `real.mean` (128) and `real.covariance` (128, 128) of its features of the 10,000 test images in float32.
The parity file (`--parity`) has 64 training images as bytes, and for them the features, the accuracy and the Fréchet
distance to the test images as `metrics.py` computes it.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn

import data
import metrics
import safetensors_file
from classifier import Classifier, accuracy, judge, train_classifier

PARITY_IMAGES = 64


def merged(model):
    """The classifier without batch normalisation: the same function, its weights rounded to float16."""
    result = Classifier()
    for block, source in zip(result.body, model.body):
        if isinstance(block, nn.Sequential):
            convolution, norm = source[0], source[1]
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            block[0] = nn.Conv2d(convolution.in_channels, convolution.out_channels, 3, padding=1)
            block[0].weight.data = convolution.weight * scale.view(-1, 1, 1, 1)
            block[0].bias.data = norm.bias - norm.running_mean * scale
            block[1] = nn.Identity()
        elif isinstance(block, nn.Linear):
            block.load_state_dict(source.state_dict())
    result.head.load_state_dict(model.head.state_dict())
    for parameter in result.parameters():
        parameter.data = parameter.data.half().float()
    return result.eval().requires_grad_(False)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(data.DEFAULT_FOLDER), help="folder of the four IDX files")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors of the judge")
    parser.add_argument("--parity", type=Path, required=True, help="the .safetensors of the comparison")
    parser.add_argument("--classifier-steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args(arguments)
    train = data.load_split(args.data, "train", args.device)
    test = data.load_split(args.data, "t10k", args.device)
    model = merged(train_classifier(*train, args.seed, args.classifier_steps))
    real = judge(model, test[0])[0]
    tensors = {name: value.half() for name, value in model.state_dict().items()}
    tensors["real.mean"] = real.double().mean(0)
    tensors["real.covariance"] = torch.from_numpy(np.cov(real.double().cpu().numpy(), rowvar=False))
    safetensors_file.save(tensors, args.out)
    images, labels = (part[:PARITY_IMAGES] for part in train)
    features = judge(model, images)[0]
    parity = {
        "images": images,
        "labels": labels,
        "features": features,
        "accuracy": torch.tensor(accuracy(model, images, labels)),
        "frechet": torch.tensor(metrics.frechet_distance(features, real)),
    }
    safetensors_file.save(parity, args.parity)
    print(f"judge: {accuracy(model, *test):.2%} of the test images; parity: {parity['frechet'].item():.4f}")


if __name__ == "__main__":
    main()
