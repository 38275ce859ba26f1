package io.digflink.synthesis.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.FailedItem;
import io.digflink.synthesis.store.Samples;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.Spool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailureListITCase {
  @TempDir private Path directory;
  private DatasetSettings settings;

  @BeforeEach
  void create() throws IOException {
    DatasetInfo info =
        new DatasetInfo(
            new ShardLayout(12, 5), List.of("a", "b", "c"), true, 4, 2, Samples.SIDE, Samples.SIDE);
    settings = new DatasetSettings(directory.toString(), OutputFormat.WEBDATASET, true, info);
    settings.files().create();
  }

  @Test
  void ofARequestOnlyTheImagesThatAreMissingHaveFailed() throws Exception {
    spool(0, 0, 1, 3);
    spool(1, 7, 9);
    fail(0, 0, 10);

    assertThat(new FailureList(settings).settle())
        .containsExactly(item(0, 2, 1), item(0, 4, 3), item(0, 8, 1))
        .isEqualTo(settings.files().readFailures());
  }

  @Test
  void anImageThatALaterTryHasMadeIsNoFailureAlsoWhereItsShardIsFinished() throws Exception {
    ShardAssembler assembler = new ShardAssembler(settings);
    spool(0, 0, 1, 2, 3, 4);
    assembler.assemble(0, assembler.openSpool(0));
    spool(1, 5, 6, 7, 9);
    fail(2, 2, 1);
    fail(8, 8, 1);

    assertThat(new FailureList(settings).settle()).containsExactly(item(8, 8, 1));
  }

  @Test
  void aFinishThatWasInterruptedAfterAShardWithGapsListsTheSame() throws Exception {
    ShardAssembler assembler = new ShardAssembler(settings);
    spool(0, 0, 1, 3, 4);
    fail(2, 2, 1);
    List<FailedItem> before = new FailureList(settings).settle();

    assembler.assemble(0, assembler.openSpool(0));

    assertThat(new FailureList(settings).settle()).isEqualTo(before).containsExactly(item(2, 2, 1));
  }

  @Test
  void anImageThatFailedInTwoWaysIsListedOnce() throws Exception {
    fail(1, 10, 2);
    settings.files().writeFailure(new FailedItem(1, 11, 1, "NOT_FINITE", "another"));

    assertThat(new FailureList(settings).settle()).containsExactly(item(1, 10, 2));
  }

  private void spool(int shard, long... indices) throws IOException {
    try (Spool spool = new ShardAssembler(settings).openSpool(shard)) {
      for (long index : indices) {
        spool.append(Samples.of(index));
      }
    }
  }

  private void fail(long request, long index, long images) throws IOException {
    settings.files().writeFailure(item(request, index, images));
  }

  private static FailedItem item(long request, long index, long images) {
    return new FailedItem(request, index, images, "OTHER", "failed");
  }
}
