package io.digflink.synthesis.dataset;

import io.digflink.synthesis.store.FailedItem;
import io.digflink.synthesis.store.ShardEntry;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** The failures of a data set whose images are all made or have failed. */
final class FailureList {
  private final DatasetSettings settings;
  private final WorkFiles files;
  private final ShardAssembler assembler;

  private int shard = -1;
  private BitSet done;

  FailureList(DatasetSettings settings) {
    this.settings = settings;
    this.files = settings.files();
    this.assembler = new ShardAssembler(settings);
  }

  /**
   * Lists every image that is not there once, and remembers just that: images that a later try has
   * made, or that were made beside the failing one of their request, are no failures.
   */
  List<FailedItem> settle() throws IOException {
    List<FailedItem> settled = new ArrayList<>();
    long listedTo = 0;
    for (FailedItem item : files.readFailures()) {
      List<FailedItem> left = item.images() == 0 ? List.of(item) : missing(item, listedTo);
      if (!left.equals(List.of(item))) {
        files.deleteFailure(item);
        for (FailedItem part : left) {
          files.writeFailure(part);
        }
      }
      settled.addAll(left);
      listedTo = Math.max(listedTo, item.index() + item.images());
    }
    return settled;
  }

  /** The parts of an item, from an index on, that are missing without a gap. */
  private List<FailedItem> missing(FailedItem item, long from) throws IOException {
    List<FailedItem> parts = new ArrayList<>();
    long end = item.index() + item.images();
    for (long first = Math.max(item.index(), from); first < end; first++) {
      long next = first;
      while (next < end && !isDone(next)) {
        next++;
      }
      if (next > first) {
        parts.add(
            new FailedItem(item.request(), first, next - first, item.reason(), item.message()));
        first = next;
      }
    }
    return parts;
  }

  private boolean isDone(long index) throws IOException {
    ShardLayout layout = settings.layout();
    if (layout.shardOf(index) != shard) {
      shard = layout.shardOf(index);
      done = done(layout);
    }
    return done.get((int) (index - layout.first(shard)));
  }

  /**
   * The images of the shard. One that was finished with gaps was so by an earlier call, which had
   * settled its failures.
   */
  private BitSet done(ShardLayout layout) throws IOException {
    Optional<ShardEntry> entry = files.readEntry(shard);
    boolean hasGaps = entry.isPresent() && entry.get().rows() < layout.capacity(shard);
    return hasGaps ? new BitSet() : assembler.done(shard);
  }
}
