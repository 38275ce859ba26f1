"""The exponential moving average of a model's weights: what is sampled from and shipped."""

import copy

import torch


class Ema:
    """Averages with `decay`, less in the first steps: (1 + n) / (10 + n) after n updates."""

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, model):
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        pairs = zip(self.model.parameters(), model.parameters())
        pairs = [(average, p.detach()) for average, p in pairs if p.requires_grad]  # rounding would move fixed ones
        averages, current = (list(column) for column in zip(*pairs))
        torch._foreach_mul_(averages, decay)
        torch._foreach_add_(averages, current, alpha=1 - decay)

    def state_dict(self):
        return {"model": self.model.state_dict(), "updates": self.updates}

    def load_state_dict(self, state):
        self.model.load_state_dict(state["model"])
        self.updates = state["updates"]
