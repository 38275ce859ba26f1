package io.digflink.synthesis.job;

import io.digflink.jobs.request.IncomingRecord;
import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.dataset.ShardAssembler;
import io.digflink.synthesis.plan.DatasetPlan;
import java.io.IOException;
import java.util.BitSet;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/**
 * Turns the numbers of requests into requests, without those whose images are all on disk. It looks
 * at the disk when a shard's turn comes, so a job that starts again goes on where it was.
 */
final class RequestsToMake extends RichFlatMapFunction<Long, IncomingRecord> {
  private static final long serialVersionUID = 1L;

  private final DatasetPlan plan;
  private final DatasetSettings settings;
  private transient ShardAssembler assembler;
  private transient int shard;
  private transient BitSet done;

  RequestsToMake(DatasetPlan plan, DatasetSettings settings) {
    this.plan = plan;
    this.settings = settings;
  }

  @Override
  public void open(OpenContext context) {
    assembler = new ShardAssembler(settings);
    shard = -1;
  }

  @Override
  public void flatMap(Long request, Collector<IncomingRecord> out) throws IOException {
    long end = plan.firstImage(request + 1);
    boolean missing = plan.firstImage(request) == end; // without images: for its reject
    for (long index = plan.firstImage(request); index < end && !missing; index++) {
      missing = !isDone(index);
    }
    if (missing) {
      out.collect(
          IncomingRecord.of(
              plan.record(request), String.valueOf(request), System.currentTimeMillis()));
    }
  }

  private boolean isDone(long index) throws IOException {
    int shardOfIndex = settings.layout().shardOf(index);
    if (shardOfIndex != shard) {
      shard = shardOfIndex;
      done = assembler.done(shard);
    }
    return done.get((int) (index - settings.layout().first(shard)));
  }
}
