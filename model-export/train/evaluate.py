"""Measures a trained model and writes evaluation.json, evaluation.md and pictures. See `python evaluate.py --help`."""

import argparse
import json
import time
from pathlib import Path

import torch

import checkpoint
import data
import metrics
import run as runs
import samplers
from classifier import accuracy, judge, train_classifier
from vae import AutoencoderKL

SAMPLERS = [("dpm", 20), ("ddim", 50), ("ddpm", 250)]
SCALES = [1.0, 1.5, 3.0]
SCORED_SETS = [("ddim", 50, 1.5), ("ddim", 50, 3.0)]  # for the classification accuracy score
NAMES = {"ddpm": "DDPM", "ddim": "DDIM", "dpm": "DPM-Solver++"}


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(data.DEFAULT_FOLDER), help="folder of the four IDX files")
    parser.add_argument("--model", type=Path, default=Path("runs/dig/model"), help="folder that train.py wrote")
    parser.add_argument("--out", type=Path, default=Path("runs/evaluation"))
    parser.add_argument("--samples", type=int, default=5000, help="generated images per line of the table")
    parser.add_argument("--scored-samples", type=int, default=20000, help="generated images to train a classifier on")
    parser.add_argument("--classifier-steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=1000, help="images generated at once")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


class Evaluation:
    """The measurements, one method each; every one is saved as soon as it is made."""

    def __init__(self, args):
        self.args, self.started = args, time.monotonic()
        self.device = runs.set_up(args.device)
        self.vae = AutoencoderKL.load(args.model / "vae").to(self.device).eval().requires_grad_(False)
        self.model = checkpoint.load_shipped(args.model).to(self.device)
        runs.compile_blocks(self.model)
        self.train = data.load_split(args.data, "train", self.device)
        self.test = data.load_split(args.data, "t10k", self.device)
        self.results = {"samples": args.samples, "scored_samples": args.scored_samples, "seed": args.seed}
        args.out.mkdir(parents=True, exist_ok=True)

    def record(self, **results):
        self.results.update(results, seconds=round(time.monotonic() - self.started, 1))
        (self.args.out / "evaluation.json").write_text(json.dumps(self.results, indent=2) + "\n")
        latest = results if "table" not in results else results["table"][-1]
        print(f"[{self.results['seconds']:6.1f} s] {json.dumps(latest)}", flush=True)

    def generate(self, count, sampler, steps, scale, seed):
        """Bytes (count, 32, 32) and their labels, the classes in turn."""
        classes = len(data.CLASS_NAMES)
        labels = torch.arange(count, device=self.device) % classes
        generator = torch.Generator(self.device).manual_seed(seed)
        images = []
        for part in labels.split(self.args.batch):
            with runs.autocast(self.device), torch.no_grad():
                latents = samplers.sample(self.model, part, sampler, steps, scale, generator)
            with torch.no_grad():
                images.append(data.to_bytes(self.vae.decode_scaled(latents)))
        return torch.cat(images), labels

    def measure_reconstruction(self):
        images = self.test[0]
        with torch.no_grad():
            self.reconstructed = torch.cat(
                [data.to_bytes(self.vae.decode(self.vae.encode(data.to_model(part))[0])) for part in images.split(1000)]
            )
        inner = (slice(None), slice(2, -2), slice(2, -2))
        self.record(
            psnr_db=round(metrics.psnr(images, self.reconstructed), 2),
            psnr_db_without_border=round(metrics.psnr(images[inner], self.reconstructed[inner]), 2),
        )

    def train_judge(self):
        self.judge = train_classifier(*self.train, self.args.seed, self.args.classifier_steps)
        self.test_features, _ = judge(self.judge, self.test[0])

        def distance(images):
            return round(metrics.frechet_distance(judge(self.judge, images)[0], self.test_features), 3)

        self.distance = distance
        self.record(
            classifier_test_accuracy=round(accuracy(self.judge, *self.test), 4),
            frechet_of_training_images=distance(self.train[0][: self.args.samples]),
            frechet_of_reconstructed_test_images=distance(self.reconstructed),
        )

    def compare_samplers(self):
        table = []
        for sampler, steps in SAMPLERS:
            for scale in SCALES:
                started = time.monotonic()
                images, labels = self.generate(self.args.samples, sampler, steps, scale, self.args.seed)
                row = {"sampler": sampler, "steps": steps, "guidance": scale, "frechet": self.distance(images)}
                row["accuracy"] = round(accuracy(self.judge, images, labels), 4)
                row["seconds"] = round(time.monotonic() - started, 1)
                table.append(row)
                self.record(table=table)
                grid = images[:100].view(-1, 10, *images.shape[1:]).transpose(0, 1).flatten(0, 1)  # a class a row
                data.write_grid(grid, 10, self.args.out / f"grid-{sampler}{steps}-{scale}.png")

    def score_generated_training_sets(self):
        """The judge's architecture, trained on generated images alone and tested on real ones."""
        scores = []
        for sampler, steps, scale in SCORED_SETS:
            images, labels = self.generate(self.args.scored_samples, sampler, steps, scale, self.args.seed + 1)
            student = train_classifier(images, labels, self.args.seed, self.args.classifier_steps)
            score = round(accuracy(student, *self.test), 4)
            scores.append({"sampler": sampler, "steps": steps, "guidance": scale, "accuracy": score})
            self.look_for_copies(images[: self.args.samples], f"{sampler}{steps}-{scale}")
        self.record(classification_accuracy_scores=scores)

    def look_for_copies(self, images, name):
        """Distances of generated images to their nearest training image, against those of held-out test images."""
        held_out, _ = metrics.nearest(self.test[0], self.train[0])
        found, index = metrics.nearest(images, self.train[0])
        first_percent = held_out.quantile(0.01)
        closest = found.argsort()[:20]
        pairs = torch.stack([images[closest], self.train[0][index[closest]]])  # generated above nearest, ten a row
        rows = pairs.view(2, 2, 10, *images.shape[1:]).transpose(0, 1).flatten(0, 2)
        data.write_grid(rows, 10, self.args.out / f"nearest-{name}.png")
        copies = {
            "median_distance": round(found.median().item(), 3),
            "median_distance_of_test_images": round(held_out.median().item(), 3),
            "median_ratio": round((found.median() / held_out.median()).item(), 3),
            "closer_than_1_percent_of_test_images": round((found < first_percent).float().mean().item(), 4),
            "smallest_distance": round(found.min().item(), 3),
            "smallest_distance_of_test_images": round(held_out.min().item(), 3),
        }
        self.record(**{f"nearest_{name}": copies})

    def run(self):
        self.measure_reconstruction()
        self.train_judge()
        self.score_generated_training_sets()
        self.compare_samplers()
        (self.args.out / "evaluation.md").write_text(report(self.results))


def report(results):
    """The measurements as a page."""
    lines = [
        "# Evaluation",
        "",
        f"Made by `evaluate.py` in {results['seconds']:.0f} s. Images are 32 × 32 grey levels in 8 bits; the test set is "
        "the 10,000 test images of Fashion-MNIST.",
        "",
        "| what | value | goal |",
        "| --- | --- | --- |",
        f"| autoencoder, PSNR on the test set | {results['psnr_db']} dB ({results['psnr_db_without_border']} dB "
        "without the padding) | 30 dB |",
        f"| classifier trained on the 60,000 real images, accuracy on the test set | "
        f"{results['classifier_test_accuracy']:.2%} | 91% |",
    ]
    for score in results["classification_accuracy_scores"]:
        lines.append(
            f"| the same trained on {results['scored_samples']:,} generated images ({setting(score)}), accuracy on the "
            f"test set | {score['accuracy']:.2%} | 84% |"
        )
    best = max(results["table"], key=lambda row: row["accuracy"])
    lines.append(
        f"| generated images that the classifier takes for what was asked for, at best ({setting(best)}) | "
        f"{best['accuracy']:.2%} | 93% |"
    )
    lines += [
        "",
        f"## Samplers and guidance, {results['samples']:,} images each",
        "",
        "Fréchet distance to the test set in the classifier's 128 features, and the classifier's agreement with the "
        f"labels asked for. For comparison: {results['samples']:,} training images have the distance "
        f"{results['frechet_of_training_images']}, the test set after the autoencoder "
        f"{results['frechet_of_reconstructed_test_images']}.",
        "",
        "| sampler, steps | guidance | Fréchet distance | accuracy | seconds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in results["table"]:
        lines.append(
            f"| {NAMES[row['sampler']]} {row['steps']} | {row['guidance']} | {row['frechet']:.3f} | "
            f"{row['accuracy']:.2%} | {row['seconds']} |"
        )
    lines += [
        "",
        "## Nearest training images",
        "",
        "Root mean square difference, in grey levels, of an image and its nearest of the 60,000 training images.",
        "",
        "| samples | median | median of test images | ratio | closer than the closest 1% of test images | smallest | "
        "smallest of test images |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for score in results["classification_accuracy_scores"]:
        found = results[f"nearest_{score['sampler']}{score['steps']}-{score['guidance']}"]
        lines.append(
            f"| {setting(score)} | {found['median_distance']} | {found['median_distance_of_test_images']} | "
            f"{found['median_ratio']} | {found['closer_than_1_percent_of_test_images']:.2%} | "
            f"{found['smallest_distance']} | {found['smallest_distance_of_test_images']} |"
        )
    return "\n".join(lines) + "\n"


def setting(score):
    return f"{NAMES[score['sampler']]} {score['steps']}, guidance {score['guidance']}"


if __name__ == "__main__":
    Evaluation(parse_arguments()).run()
