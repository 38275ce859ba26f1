package io.digflink.synthesis.job;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.dataset.ShardAssembler;
import io.digflink.synthesis.store.FailedItem;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.Spool;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Puts images into the spools of their shards and makes a shard's files when its last image is
 * there. An image that is there already is passed over, so that work done twice counts once.
 *
 * <p>Its accumulators, which the dashboard shows, count the images of this run: {@value #IMAGES},
 * {@value #BYTES}, {@value #FAILURES}, and {@value #LABEL} followed by a label.
 */
final class ShardCollector extends ProcessFunction<Outcome, Void> {
  static final String IMAGES = "images";
  static final String BYTES = "image bytes";
  static final String FAILURES = "failures";
  static final String LABEL = "label ";

  private static final long serialVersionUID = 1L;

  private final DatasetSettings settings;
  private transient ShardAssembler assembler;
  private transient RecordCodec<GeneratedImage> codec;
  private transient Map<Integer, Spool> spools;
  private transient OutcomePairs pairs;

  ShardCollector(DatasetSettings settings) {
    this.settings = settings;
  }

  @Override
  public void open(OpenContext context) {
    assembler = new ShardAssembler(settings);
    codec = RecordCodec.of(GeneratedImage.class);
    spools = new HashMap<>();
    pairs = new OutcomePairs();
  }

  @Override
  public void processElement(Outcome outcome, Context context, Collector<Void> out)
      throws IOException {
    if (outcome.reason() != null) {
      fail(outcome.toFailedItem());
      return;
    }
    int shard = settings.layout().shardOf(outcome.index());
    Optional<Spool> spool = spoolOf(shard);
    if (spool.isEmpty() || spool.get().contains(outcome.index())) {
      return;
    }
    Optional<Outcome> sample =
        settings.info().latents() ? pairs.join(outcome) : Optional.of(outcome);
    if (sample.isPresent()) {
      add(sample.get(), shard, spool.get());
    }
  }

  /** The spool of a shard, none where the shard is finished. */
  private Optional<Spool> spoolOf(int shard) throws IOException {
    Spool spool = spools.get(shard);
    if (spool == null) {
      if (settings.files().readEntry(shard).isPresent()) {
        return Optional.empty();
      }
      spool = assembler.openSpool(shard);
      spools.put(shard, spool);
    }
    return Optional.of(spool);
  }

  private void add(Outcome outcome, int shard, Spool spool) throws IOException {
    GeneratedImage image = codec.decode(outcome.image());
    if (!settings.takes(image)) {
      String size = image.getWidth() + "×" + image.getHeight();
      String message = "An npz has images of one size, the model's own; this one is " + size;
      fail(new FailedItem(outcome.request(), outcome.index(), 1, "OTHER_SIZE", message));
      return;
    }
    float[] latent = settings.info().latents() ? outcome.latent() : Sample.NO_LATENT;
    Sample sample = new Sample(outcome.index(), image, latent);
    spool.append(sample);
    count(IMAGES, 1);
    count(BYTES, image.getSize());
    count(LABEL + sample.labelOrNone(), 1);
    if (assembler.hasShards() && spool.size() == settings.layout().capacity(shard)) {
      assembler.assemble(shard, spool);
      spools.remove(shard);
    }
  }

  private void fail(FailedItem item) throws IOException {
    settings.files().writeFailure(item);
    count(FAILURES, 1);
  }

  private void count(String name, long amount) {
    LongCounter counter = getRuntimeContext().getLongCounter(name);
    counter.add(amount);
  }

  @Override
  public void close() throws IOException {
    for (Spool spool : spools == null ? Map.<Integer, Spool>of().values() : spools.values()) {
      spool.close();
    }
  }
}
