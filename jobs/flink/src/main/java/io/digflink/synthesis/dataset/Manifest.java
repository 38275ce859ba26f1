package io.digflink.synthesis.dataset;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.digflink.synthesis.store.FailedItem;
import io.digflink.synthesis.store.ShardEntry;
import java.util.List;
import java.util.Map;

/**
 * What {@code manifest.json} says of a finished data set. It has no times and no names of machines:
 * the same specification and model give the same bytes.
 *
 * @param formatVersion version of this record
 * @param spec the specification with every default written out
 * @param specSha256 SHA-256 of that specification as JSON with keys in order and no spaces
 * @param model name and digest of the model bundle
 * @param images images in the data set
 * @param failed images that could not be made, listed in {@code failed.jsonl}
 * @param counts images by class name; {@code unconditional} for those without a label
 * @param shards the shards, or the one npz; see {@link ShardEntry}
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Manifest(
    int formatVersion,
    JsonNode spec,
    @JsonProperty("spec_sha256") String specSha256,
    JsonNode model,
    long images,
    long failed,
    Map<String, Long> counts,
    List<ShardEntry> shards) {
  /**
   * Version of the record and of the files that it lists. Since version 2 image files say how they
   * were made, seeds are text in JSON, and every sample has a label, −1 where there is none.
   */
  public static final int FORMAT_VERSION = 2;

  /** Images that the items of {@code failed.jsonl} stand for. */
  static long failedImages(List<FailedItem> items) {
    return items.stream().mapToLong(FailedItem::images).sum();
  }
}
