package io.digflink.synthesis.store;

import java.io.Serializable;

/**
 * Shards are fixed ranges of indices: shard k holds the images from k · shardSize on.
 *
 * @param images images of the data set
 * @param shardSize images of a shard; the last one may have fewer
 */
public record ShardLayout(long images, int shardSize) implements Serializable {
  /** Number of shards. */
  public int shards() {
    return Math.toIntExact((images + shardSize - 1) / shardSize);
  }

  /** Shard of an image. */
  public int shardOf(long index) {
    return Math.toIntExact(index / shardSize);
  }

  /** Index of a shard's first image. */
  public long first(int shard) {
    return (long) shard * shardSize;
  }

  /** Images of a shard. */
  public int capacity(int shard) {
    return (int) Math.min(shardSize, images - first(shard));
  }
}
