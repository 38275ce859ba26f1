package io.digflink.export.checkpoint;

import java.nio.FloatBuffer;

/** Where a tensor's elements come from, addressed in row-major order. */
@FunctionalInterface
interface ElementSource {
  /**
   * Fills what remains of {@code destination} with elements {@code first}, {@code first + 1}, ….
   * The caller has checked that they exist.
   */
  void read(long first, FloatBuffer destination);
}
