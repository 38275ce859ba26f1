package io.digflink.jobs.denoise;

import io.digflink.jobs.device.BatchKey;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.RowBatch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Batches by key, reused run after run; only those of the keys used last are kept. */
final class RowBatches {
  private static final int KEPT = 4;

  private final ToIntFunction<BatchKey> maxRows;
  private final Map<BatchKey, RowBatch> batches =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BatchKey, RowBatch> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * @param maxRows most rows of a run of a key
   */
  RowBatches(ToIntFunction<BatchKey> maxRows) {
    this.maxRows = maxRows;
  }

  RowBatch of(BatchKey key, Diffusion diffusion) {
    return batches.computeIfAbsent(
        key, k -> new RowBatch(maxRows.applyAsInt(k), k.latent(), diffusion));
  }
}
