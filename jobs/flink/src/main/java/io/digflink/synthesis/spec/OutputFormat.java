package io.digflink.synthesis.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The data-set formats. */
public enum OutputFormat {
  /** Tar shards of image, {@code .cls} and {@code .json} members. */
  @JsonProperty("webdataset")
  WEBDATASET,
  /** Parquet shards in the layout of Hugging Face {@code datasets}. */
  @JsonProperty("parquet")
  PARQUET,
  /** A directory a class, and {@code metadata.jsonl}. */
  @JsonProperty("imagefolder")
  IMAGEFOLDER,
  /** One ADM sample file: {@code arr_0} pixels, {@code arr_1} labels. */
  @JsonProperty("npz")
  NPZ
}
