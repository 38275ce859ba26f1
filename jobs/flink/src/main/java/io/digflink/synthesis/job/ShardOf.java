package io.digflink.synthesis.job;

import io.digflink.synthesis.store.ShardLayout;
import org.apache.flink.api.java.functions.KeySelector;

/** The shard of an outcome. */
record ShardOf(ShardLayout layout) implements KeySelector<Outcome, Integer> {
  @Override
  public Integer getKey(Outcome outcome) {
    return layout.shardOf(outcome.index());
  }
}
