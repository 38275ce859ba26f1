package io.digflink.jobs.denoise;

import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.RowBatch;
import java.util.LinkedHashMap;
import java.util.Map;

/** Batches by key, used again run after run; those of the keys used least recently are let go. */
final class RowBatches {
  private static final int KEPT = 4;

  private final int maxRows;
  private final Map<BatchKey, RowBatch> batches =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BatchKey, RowBatch> eldest) {
          return size() > KEPT;
        }
      };

  RowBatches(int maxRows) {
    this.maxRows = maxRows;
  }

  RowBatch of(BatchKey key, Diffusion diffusion) {
    return batches.computeIfAbsent(key, k -> new RowBatch(maxRows, k.latent(), diffusion));
  }
}
