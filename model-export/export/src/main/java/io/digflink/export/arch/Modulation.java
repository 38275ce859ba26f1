package io.digflink.export.arch;

import io.digflink.export.graph.Weight;

/** Parameters of adaptive norms. */
final class Modulation {
  private Modulation() {}

  /** Adds 1 to the second D of every {@code parts}: the 1 in (1 + scale). */
  static Weight onePlusScales(Weight bias, long width, int parts) {
    return bias.map(
        values -> {
          float[] shifted = values.clone();
          for (int i = 0; i < shifted.length; i++) {
            shifted[i] += i / width % parts == 1 ? 1 : 0;
          }
          return shifted;
        });
  }
}
