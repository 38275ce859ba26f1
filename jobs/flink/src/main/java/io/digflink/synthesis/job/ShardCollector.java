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
  private transient Map<Long, float[]> latents;

  ShardCollector(DatasetSettings settings) {
    this.settings = settings;
  }

  @Override
  public void open(OpenContext context) {
    assembler = new ShardAssembler(settings);
    codec = RecordCodec.of(GeneratedImage.class);
    spools = new HashMap<>();
    latents = new HashMap<>();
  }

  @Override
  public void processElement(Outcome outcome, Context context, Collector<Void> out)
      throws IOException {
    if (outcome.reason() != null) {
      fail(outcome.toFailedItem());
      return;
    }
    int shard = settings.layout().shardOf(outcome.index());
    if (!spools.containsKey(shard) && settings.files().readEntry(shard).isPresent()) {
      return;
    }
    if (outcome.latent() != null) {
      latents.put(outcome.index(), outcome.latent());
    } else {
      add(shard, outcome);
    }
  }

  private void add(int shard, Outcome outcome) throws IOException {
    Spool spool = spools.get(shard);
    if (spool == null) {
      spool = assembler.openSpool(shard);
      spools.put(shard, spool);
    }
    float[] latent = settings.info().latents() ? latents.remove(outcome.index()) : Sample.NO_LATENT;
    if (spool.contains(outcome.index())) {
      return;
    }
    GeneratedImage image = codec.decode(outcome.image());
    if (!settings.takes(image)) {
      String size = image.getWidth() + "×" + image.getHeight();
      String message = "An npz has images of one size, the model's own; this one is " + size;
      fail(new FailedItem(outcome.request(), outcome.index(), 1, "OTHER_SIZE", message));
      return;
    }
    spool.append(new Sample(outcome.index(), image, latent));
    count(IMAGES, 1);
    count(BYTES, image.getSize());
    count(LABEL + (image.getLabel() == null ? ShardAssembler.NO_LABEL : image.getLabel()), 1);
    if (assembler.hasShards() && spool.size() == settings.layout().capacity(shard)) {
      assembler.assemble(shard, spool);
      spools.remove(shard);
    }
  }

  private void fail(FailedItem item) throws IOException {
    latents.remove(item.index());
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
