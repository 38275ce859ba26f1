"""The judge of generated images: a small convolutional classifier of 32 x 32 grey images, and its features."""

import torch
import torch.nn as nn
import torch.nn.functional as F

import run as runs


def convolution(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Classifier(nn.Module):
    FEATURES = 128

    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.Sequential(
            convolution(1, 32), convolution(32, 32), nn.MaxPool2d(2), nn.Dropout(0.2),
            convolution(32, 64), convolution(64, 64), nn.MaxPool2d(2), nn.Dropout(0.2),
            convolution(64, 128), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3),
            nn.Linear(128 * 4 * 4, self.FEATURES), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(self.FEATURES, classes)

    def forward(self, images):  # bytes (N, 32, 32) -> features (N, 128), logits (N, classes)
        features = self.body(images.unsqueeze(1).float() / 127.5 - 1)
        return features, self.head(features)


def shift(images, generator, reach=2):
    """Moves a batch by up to two pixels in each direction: the images have a black border that wide."""
    rows, columns = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
    return torch.roll(images, (rows, columns), (1, 2))


def train_classifier(images, labels, seed, steps=4000, batch=256, learning_rate=2e-3):
    """Trains on bytes (N, 32, 32) and labels (N), wherever they are; one-cycle schedule, shifted images."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    device = images.device
    model = Classifier().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randint(len(images), (batch,), generator=generator).to(device)
        with runs.autocast(device):
            _, logits = model(shift(images[chosen], generator))
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(logits.float(), labels[chosen], label_smoothing=0.05).backward()
        optimizer.step()
        schedule.step()
    return model.eval().requires_grad_(False)


@torch.no_grad()
def judge(model, images, batch=2000):
    """Features (N, 128) and predicted classes (N)."""
    parts = [model(part) for part in images.split(batch)]
    features, logits = (torch.cat(column) for column in zip(*parts))
    return features, logits.argmax(1)


def accuracy(model, images, labels):
    return (judge(model, images)[1] == labels).float().mean().item()
