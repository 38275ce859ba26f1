package io.digflink.synthesis.format;

import io.digflink.synthesis.store.Sample;
import java.io.Closeable;
import java.io.IOException;

/** Writes one shard. Closed without {@link #finish()} it leaves nothing that counts. */
public interface ShardWriter extends Closeable {
  /** Adds a sample; they come in order of their indices. */
  void append(Sample sample) throws IOException;

  /** Completes the shard and moves it to its place. */
  Written finish() throws IOException;

  /**
   * A shard in its place.
   *
   * @param file path relative to the data set's directory
   * @param bytes its size
   * @param sha256 its digest, lower-case hex
   */
  record Written(String file, long bytes, String sha256) {}
}
