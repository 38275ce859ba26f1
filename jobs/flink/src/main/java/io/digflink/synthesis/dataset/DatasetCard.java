package io.digflink.synthesis.dataset;

import io.digflink.synthesis.spec.OutputFormat;
import java.util.stream.Collectors;

/** The README.md of a data set, with the metadata block that the Hugging Face Hub reads. */
final class DatasetCard {
  /** File name of the contact sheet. */
  static final String SHEET = "contact-sheet.png";

  private DatasetCard() {}

  static String of(Manifest manifest, OutputFormat format) {
    String model = manifest.model().path("name").asText();
    String counts =
        manifest.counts().entrySet().stream()
            .map(entry -> "| " + entry.getKey() + " | " + entry.getValue() + " |")
            .collect(Collectors.joining("\n"));
    return """
        ---
        task_categories:
        - image-classification
        - unconditional-image-generation
        tags:
        - synthetic
        %s---
        # %,d images of %s

        Made by `dig synthesize`. Every image can be made again from its row alone: model, label,
        seed, sampler, steps and guidance are stored beside it. `manifest.json` has the whole
        specification, the digests of model and files, and the counts.

        | | |
        | --- | --- |
        | model | %s |
        | bundle digest | `%s` |
        | specification digest | `%s` |
        | images | %d |
        | failed | %d |

        ![The first images, by label](%s)

        The first images of the data set, ordered by label.

        ## Load it

        %s

        ## Images by class

        | class | images |
        | --- | --- |
        %s
        """
        .formatted(
            configs(format),
            manifest.images(),
            model,
            model,
            manifest.model().path("bundle_digest").asText(),
            manifest.specSha256(),
            manifest.images(),
            manifest.failed(),
            SHEET,
            loading(format, manifest.shards().size()),
            counts);
  }

  private static String configs(OutputFormat format) {
    String path =
        switch (format) {
          case WEBDATASET -> "data/*.tar";
          case PARQUET -> "data/*.parquet";
          case IMAGEFOLDER -> "images/**";
          case NPZ -> "";
        };
    return path.isEmpty()
        ? ""
        : """
        configs:
        - config_name: default
          data_files:
          - split: train
            path: "%s"
        """
            .formatted(path);
  }

  private static String loading(OutputFormat format, int shards) {
    return switch (format) {
      case WEBDATASET ->
          """
          ```python
          import webdataset as wds
          dataset = wds.WebDataset("data/train-{00000..%05d}.tar").decode("pil").to_tuple("png;jpg", "cls")
          ```
          Members of a sample: the image, `.cls` (label), `.json` (how it was made)."""
              .formatted(Math.max(0, shards - 1));
      case PARQUET ->
          """
          ```python
          from datasets import load_dataset
          dataset = load_dataset("parquet", data_files="data/*.parquet", split="train")
          ```""";
      case IMAGEFOLDER ->
          """
          ```python
          from torchvision.datasets import ImageFolder
          dataset = ImageFolder("images")
          # or, with the columns of metadata.jsonl
          from datasets import load_dataset
          dataset = load_dataset("imagefolder", data_dir="images", split="train")
          ```""";
      case NPZ ->
          """
          ```python
          import numpy as np
          samples = np.load("images.npz")
          pixels, labels = samples["arr_0"], samples["arr_1"]  # uint8 [N, H, W, 3], int64 [N]
          ```
          `metadata.jsonl` has a line for each row: how it was made.""";
    };
  }
}
