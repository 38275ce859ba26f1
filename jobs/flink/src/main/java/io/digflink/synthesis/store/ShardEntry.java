package io.digflink.synthesis.store;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.SortedMap;

/**
 * A finished shard.
 *
 * @param file its file, relative to the data set's directory; for an image folder the pattern of
 *     its files
 * @param firstIndex index of its first image
 * @param rows its images
 * @param bytes its size; for an image folder of its image files together
 * @param sha256 digest of the file; for an image folder of its image files one after the other
 * @param labels images by label; unconditional images under −1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ShardEntry(
    String file,
    long firstIndex,
    int rows,
    long bytes,
    String sha256,
    SortedMap<Integer, Integer> labels) {}
