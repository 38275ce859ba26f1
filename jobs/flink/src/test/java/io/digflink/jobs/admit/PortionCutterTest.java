package io.digflink.jobs.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.LatentShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortionCutterTest {
  private static final int MAX_PARALLELISM = 128;
  private static final LatentShape SHAPE = new LatentShape(4, 8, 8);

  @ParameterizedTest(name = "{0} images for {1} subtasks")
  @CsvSource({
    "1, 1",
    "1, 8",
    "7, 8",
    "8, 8",
    "9, 8",
    "31, 1",
    "32, 1",
    "33, 1",
    "64, 2",
    "65, 2",
    "100, 3",
    "2000, 4",
    "10000, 7"
  })
  void theCutsCoverEveryImageOnceAndInOrder(int images, int subtasks) {
    List<QueueItem> items =
        cut(new PortionCutter(subtasks, 0, MAX_PARALLELISM), request("a", images));

    int next = 0;
    for (QueueItem item : items) {
      Portion portion = item.portion();
      assertThat(portion.from()).isEqualTo(next);
      assertThat(portion.size()).isBetween(1, PortionCutter.MOST_IMAGES);
      assertThat(portion.images()).isEqualTo(images);
      assertThat(portion.bundleDigest()).isEqualTo(TestRequests.DIGEST);
      assertThat(subtaskOf(item, subtasks)).isBetween(0, subtasks - 1);
      next = portion.to();
    }
    assertThat(next).isEqualTo(images);
  }

  @Test
  void eachPortionHasTheLabelsOfItsImages() {
    AdmittedRequest admitted =
        TestRequests.admitted(
            TestRequests.request("a", "m", 5, 6, 7).setImagesPerLabel(30).build(), SHAPE, 5, 6, 7);
    List<QueueItem> items = cut(new PortionCutter(2, 0, MAX_PARALLELISM), admitted);

    for (QueueItem item : items) {
      for (int i = item.portion().from(); i < item.portion().to(); i++) {
        assertThat(item.portion().labelOf(i)).isEqualTo(admitted.labelOf(i));
      }
      assertThat(item.portion().request().getLabels()).as("in every portion").isEmpty();
      assertThat(item.portion().isUnconditional()).isFalse();
    }
  }

  @Test
  void theFirstPortionAloneTakesTheRecordAndItsContentAlong() {
    AdmittedRequest admitted = request("a", 100);
    List<QueueItem> items = cut(new PortionCutter(2, 0, MAX_PARALLELISM), admitted);

    assertThat(items.get(0).original()).isEqualTo(admitted.original());
    assertThat(items.get(0).content()).isEqualTo(Digests.ofContent(admitted.request()));
    assertThat(items.subList(1, items.size()))
        .allSatisfy(
            item -> {
              assertThat(item.original()).isNull();
              assertThat(item.content()).isNull();
            });
  }

  @Test
  void aSmallRequestUsesAsManySubtasksAsItHasImages() {
    List<QueueItem> items = cut(new PortionCutter(4, 2, MAX_PARALLELISM), request("a", 4));

    assertThat(items).extracting(item -> subtaskOf(item, 4)).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  @Test
  void oneLargeRequestGivesAllSubtasksTheSameWork() {
    long[] work = workOf(cut(new PortionCutter(4, 0, MAX_PARALLELISM), request("a", 2_000)), 4);

    long whole = Arrays.stream(work).sum();
    for (long part : work) {
      assertThat(part / (double) whole).isCloseTo(0.25, within(0.01));
    }
  }

  @Test
  void manySmallRequestsOfAnySizeGiveAllSubtasksTheSameWork() {
    Random random = new Random(5);
    PortionCutter cutter = new PortionCutter(3, 1, MAX_PARALLELISM);
    List<QueueItem> items = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      int side = 8 << random.nextInt(3);
      AdmittedRequest admitted =
          TestRequests.admitted(
              TestRequests.request("r" + i, "m", 1)
                  .setSteps(1 + random.nextInt(100))
                  .setGuidanceScale(1 + random.nextInt(2))
                  .setImagesPerLabel(1 + random.nextInt(3))
                  .build(),
              new LatentShape(4, side, side),
              1);
      items.addAll(cut(cutter, admitted));
    }

    long[] work = workOf(items, 3);
    long whole = Arrays.stream(work).sum();
    for (long part : work) {
      assertThat(part / (double) whole).isCloseTo(1 / 3.0, within(0.005));
    }
  }

  @Test
  void subtasksOfAdmitDoNotAllBeginAtOneOfDenoise() {
    assertThat(
            IntStream.range(0, 4)
                .map(
                    self ->
                        subtaskOf(
                            cut(new PortionCutter(4, self, MAX_PARALLELISM), request("a", 1))
                                .get(0),
                            4)))
        .containsExactly(0, 1, 2, 3);
  }

  @Test
  void moreSubtasksThanAdmitKnowsOfHaveTheSameWork() {
    long[] work = workOf(cut(new PortionCutter(2, 0, MAX_PARALLELISM), request("a", 10_000)), 8);

    long whole = Arrays.stream(work).sum();
    for (long part : work) {
      assertThat(part / (double) whole).isCloseTo(0.125, within(0.01));
    }
  }

  private static int subtaskOf(QueueItem item, int subtasks) {
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
        item.place(), MAX_PARALLELISM, subtasks);
  }

  private static AdmittedRequest request(String id, int images) {
    return TestRequests.admitted(
        TestRequests.request(id, "m", 1).setImagesPerLabel(images).build(), SHAPE, 1);
  }

  private static List<QueueItem> cut(PortionCutter cutter, AdmittedRequest request) {
    List<QueueItem> items = new ArrayList<>();
    cutter.cut(request, TestRequests.DIGEST, items::add);
    return items;
  }

  private static long[] workOf(List<QueueItem> items, int subtasks) {
    long[] work = new long[subtasks];
    for (QueueItem item : items) {
      work[subtaskOf(item, subtasks)] += item.portion().cost() * item.portion().size();
    }
    return work;
  }
}
