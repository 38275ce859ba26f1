"""What both training scripts share: the loop's steps, learning rate, progress line and resumable state."""

import math
import os
import random
import time
from pathlib import Path

import torch

CALIBRATION = (50, 250)  # steps between which the rate is measured when a run is limited in minutes


def add_arguments(parser, out, steps, batch, learning_rate):
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the run; a run found there is resumed")
    parser.add_argument("--steps", type=int, default=steps, help="optimizer steps")
    parser.add_argument("--minutes", type=float, help="shorten --steps to what fits in this time, measured at the start")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--lr", type=float, default=learning_rate, help="peak learning rate (warm-up, then a cosine to 0)")
    parser.add_argument("--warmup", type=int, default=300, help="steps of warm-up")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-seconds", type=float, default=60, help="time between two saves")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def set_up(device):
    """Lets the products that bfloat16 autocast leaves in float32 run in TF32 on a GPU."""
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    return torch.device(device)


def autocast(device):
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


class Run:
    """Iterates over the steps that are left, prints progress, and saves its parts' state; then calls `on_save`.

    Whatever is random in a step comes from `generator`, seeded by (seed, step): a resumed run repeats what an
    uninterrupted one does.
    """

    def __init__(self, args, parts, dataset_size, on_save):
        self.args, self.parts, self.dataset_size, self.on_save = args, parts, dataset_size, on_save
        self.step, self.steps, self.spent = 0, args.steps, 0.0
        self.generator = torch.Generator(args.device)
        self.path = args.out / "last.pt"
        args.out.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self._resume()

    def _resume(self):
        state = torch.load(self.path, map_location=self.args.device)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.step, self.steps, self.spent = state["step"], state["steps"], state["spent"]
        print(f"resumed {self.path} at step {self.step} of {self.steps}", flush=True)

    def _save(self):
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state.update(step=self.step, steps=self.steps, spent=self.spent)
        unfinished = self.path.with_suffix(".tmp")
        torch.save(state, unfinished)
        os.replace(unfinished, self.path)

    def learning_rate(self):
        progress = self.step / self.steps
        return self.args.lr * min((self.step + 1) / self.args.warmup, 0.5 * (1 + math.cos(math.pi * progress)))

    def __iter__(self):
        started = mark = printed = saved = time.monotonic()
        spent_before, first, printed_step = self.spent, self.step, self.step
        self.losses, calibrated = {}, None
        while self.step < self.steps:
            self.generator.manual_seed(random.Random(f"{self.args.seed} {self.step}").getrandbits(60))
            for group in self.parts["optimizer"].param_groups:
                group["lr"] = self.learning_rate()
            yield self.step
            self.step += 1
            now = time.monotonic()
            self.spent = spent_before + now - started
            if self.args.minutes and first == 0 and self.step in CALIBRATION:
                calibrated = self._calibrate(calibrated)
            if now - printed > 5 or self.step == self.steps or self.step == first + 1:
                rate = (self.step - printed_step) / (now - printed)
                self._print(rate)
                printed, printed_step = time.monotonic(), self.step
            if now - saved > self.args.save_seconds or self.step == self.steps:
                self._save()
                self.on_save(self.step)
                saved = time.monotonic()

    def _calibrate(self, begin):
        if self.args.device != "cpu":
            torch.cuda.synchronize()
        now = time.monotonic()
        if begin is None:
            return now
        rate = (CALIBRATION[1] - CALIBRATION[0]) / (now - begin)
        self.steps = min(self.steps, self.step + int(rate * (self.args.minutes * 60 - self.spent)))
        print(f"{rate:.1f} steps/s: {self.steps} steps in {self.args.minutes} minutes", flush=True)

    def _print(self, rate):
        losses = "  ".join(f"{name} {float(value):.4f}" for name, value in self.losses.items())
        epochs = self.step * self.args.batch / self.dataset_size
        eta = (self.steps - self.step) / rate
        print(
            f"step {self.step}/{self.steps}  epoch {epochs:.1f}  {losses}  lr {self.learning_rate():.2e}  "
            f"{rate * self.args.batch:,.0f} images/s  ETA {int(eta // 60)}:{int(eta % 60):02d}",
            flush=True,
        )

    def report(self, **losses):
        """Sets what the progress line shows: tensors stay on their device until then, smoothed over 50 steps."""
        for name, value in losses.items():
            value = value.detach()
            self.losses[name] = value if name not in self.losses else self.losses[name] * 0.98 + value * 0.02

    def batch_indices(self):
        return torch.randint(
            self.dataset_size, (self.args.batch,), generator=self.generator, device=self.args.device
        )


def compile_blocks(model):
    """Fuses the element-wise work of a model's blocks on a GPU; one compilation serves all of them."""
    if next(model.parameters()).is_cuda:
        for block in model.blocks:
            block.compile(dynamic=False)


class Graphed:
    """Calls `function(*tensors)`, which returns tensors. On a GPU, after some calls, it is recorded as one CUDA graph.

    A small model's step is bound by the launches of its thousands of kernels; a graph launches them all at once. The
    shapes must not change, and results live until the next call. The optimizer's step is better left outside: recorded,
    it was seen to learn too slowly.
    """

    WARM_UP = 3

    def __init__(self, function):
        self.function, self.calls, self.graph = function, 0, None

    def __call__(self, *inputs):
        if not inputs[0].is_cuda:
            return self.function(*inputs)
        if self.calls < self.WARM_UP:
            self.calls += 1
            return self._aside(inputs)
        if self.graph is None:
            self.inputs = [x.clone() for x in inputs]
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.outputs = self.function(*self.inputs)
        for kept, x in zip(self.inputs, inputs):
            kept.copy_(x)
        self.graph.replay()
        return self.outputs

    def _aside(self, inputs):
        """On a separate stream, where work must be warmed up before it is recorded."""
        stream, main = torch.cuda.Stream(), torch.cuda.current_stream()
        stream.wait_stream(main)
        with torch.cuda.stream(stream):
            outputs = self.function(*inputs)
        main.wait_stream(stream)
        return outputs
