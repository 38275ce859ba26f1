package io.digflink.synthesis.dataset;

import io.digflink.synthesis.store.Sample;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The README.md of a data set, with the metadata block that the Hugging Face Hub reads.
 *
 * @param labels labels that images have, −1 among them where some have none
 */
record DatasetCard(Manifest manifest, DatasetSettings settings, Set<Integer> labels) {
  /** File name of the contact sheet. */
  static final String SHEET = "contact-sheet.png";

  String text() {
    String model = manifest.model().path("name").asText();
    String counts =
        manifest.counts().entrySet().stream()
            .map(entry -> "| " + cell(entry.getKey()) + " | " + entry.getValue() + " |")
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

        Made by `dig synthesize`. %s
        `manifest.json` has the whole specification, the digests of model and files, and the counts.

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
        %s
        ## Images by class

        | class | images |
        | --- | --- |
        %s
        """
        .formatted(
            configs(),
            manifest.images(),
            model,
            origin(),
            model,
            manifest.model().path("bundle_digest").asText(),
            manifest.specSha256(),
            manifest.images(),
            manifest.failed(),
            SHEET,
            loading(),
            unlabelled(),
            counts);
  }

  /** A class name as the cell of a table. */
  private static String cell(String name) {
    return name.replace("|", "\\|").replaceAll("\\s+", " ");
  }

  private String configs() {
    String path =
        switch (settings.format()) {
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

  /** How an image can be made again. */
  private String origin() {
    return settings.imageMetadata()
        ? """
        Every image file says how it was made (a PNG in the text chunk
        `dig-flink`, a JPEG in its comment), and `dig verify FILE --models DIR` makes it again and
        compares the bytes."""
        : """
        The row of an image has its label, seed, sampler, steps and guidance
        scale. With these, and the rest of the specification or request, it can be made again.""";
  }

  private String loading() {
    return switch (settings.format()) {
      case WEBDATASET ->
          """
          ```python
          import webdataset as wds
          dataset = wds.WebDataset("data/train-{00000..%05d}.tar").decode("pil").to_tuple("png;jpg", "cls")
          ```
          Members of a sample: the image, `.cls` (label), `.json` (how it was made; the seed is text,
          since some readers round large integers)."""
              .formatted(Math.max(0, manifest.shards().size() - 1));
      case PARQUET ->
          """
          ```python
          from datasets import load_dataset
          dataset = load_dataset("parquet", data_files="data/*.parquet", split="train")
          ```""";
      case IMAGEFOLDER -> folders();
      case NPZ ->
          """
          ```python
          import numpy as np
          samples = np.load("images.npz")
          pixels, labels = samples["arr_0"], samples["arr_1"]  # uint8 [N, H, W, 3], int64 [N]
          ```
          `metadata.jsonl` has a line for each row: how it was made. The seed is text, since some
          readers round large integers.""";
    };
  }

  /** Readers number the folders that there are: that is only right where no class lacks one. */
  private String folders() {
    boolean everyClass =
        IntStream.range(0, settings.info().classNames().size()).allMatch(labels::contains);
    boolean anyClass = labels.stream().anyMatch(label -> label != Sample.NO_LABEL);
    String torchvision =
        everyClass || !anyClass
            ? """
            from torchvision.datasets import ImageFolder
            dataset = ImageFolder("images")
            """
            : """
            import os
            from torchvision.datasets import ImageFolder
            # Some classes have no image. By itself, ImageFolder would number the others anew.
            class Labelled(ImageFolder):
                def find_classes(self, directory):
                    names = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
                    return names, {name: int(name.split("_")[0]) if name[0].isdigit() else -1 for name in names}
            dataset = Labelled("images")
            """;
    return """
        ```python
        %s# or, with the columns of metadata.jsonl (the seed is text, since some readers round it)
        from datasets import load_dataset
        dataset = load_dataset("imagefolder", data_dir="images", split="train")
        ```"""
        .formatted(torchvision);
  }

  private String unlabelled() {
    if (!labels.contains(Sample.NO_LABEL)) {
      return "";
    }
    return switch (settings.format()) {
      case WEBDATASET, NPZ -> "\nAn image without a class has the label -1.\n";
      case PARQUET -> "\nThe label of an image without a class is null.\n";
      case IMAGEFOLDER -> "\nImages without a class are in the last folder, `unconditional`.\n";
    };
  }
}
