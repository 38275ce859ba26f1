package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.request.TestRequests;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A run of 4 images takes 10 ms, so that a request of 4 images and 5 steps takes 50 ms. */
class DeadlinesTest {
  private static final BatchKey KEY =
      new BatchKey("m", TestRequests.DIGEST, SimulatedSubtask.SHAPE);
  private static final int ROWS = 4;
  private static final int MILLIS_PER_RUN = 10;
  private static final long NOW = 1_000;

  private final Pace pace = new Pace();
  private final Deadlines deadlines = new Deadlines(pace);
  private final InFlight inFlight = new InFlight(ROWS, ROWS);

  private void learnPace() {
    for (int i = 0; i < 20; i++) {
      pace.ran(KEY, ROWS, MILLIS_PER_RUN);
    }
  }

  private PortionInFlight add(GenerationRequest.Builder request, int images) {
    PortionInFlight portion = TestPortions.of(request, images, SimulatedSubtask.SHAPE);
    inFlight.add(portion);
    return portion;
  }

  private static GenerationRequest.Builder due(String id, long millis) {
    return TestPortions.request(id).setDeadline(Instant.ofEpochMilli(millis));
  }

  private List<ImageInFlight> begin(PortionInFlight portion) {
    for (int i = 0; i < ROWS; i++) {
      inFlight.begin(TestPortions.next(portion, NOW));
    }
    return List.copyOf(portion.images());
  }

  @Test
  void nothingIsKnownBeforeTheFirstRuns() {
    PortionInFlight portion = add(due("a", NOW + 1), 100);

    assertThat(deadlines.expectedAt(inFlight, portion, NOW)).isZero();
    assertThat(deadlines.late(inFlight, NOW)).isEmpty();
  }

  /** They open sessions and measure: a deadline must not be judged by them. */
  @Test
  void slowFirstRunsDoNotCount() {
    for (int i = 0; i < 4; i++) {
      pace.ran(KEY, ROWS, 5_000);
    }
    learnPace();
    PortionInFlight portion = add(due("a", NOW + 60), 4);

    assertThat(deadlines.late(inFlight, NOW)).isEmpty();
    assertThat(deadlines.expectedAt(inFlight, portion, NOW)).isEqualTo(NOW + 50);
  }

  @Test
  void whatHasPassedIsLateThoughNothingElseIsKnown() {
    add(due("a", NOW - 1), 1);
    add(due("b", NOW), 1);

    assertThat(deadlines.late(inFlight, NOW))
        .singleElement()
        .satisfies(
            late -> {
              assertThat(late.portion().portion().requestId()).isEqualTo("a");
              assertThat(late.why())
                  .hasMessage(
                      "deadline is 1970-01-01T00:00:00.999Z; allowed: later than"
                          + " 1970-01-01T00:00:01Z, the time by this job's clock");
              assertThat(late.why().reason()).isEqualTo(RejectReason.DEADLINE_EXCEEDED);
            });
  }

  @Test
  void whatNoOrderCouldGetDoneInTimeIsGivenUpWithThePredictedTime() {
    learnPace();
    add(due("hopeless", NOW + 190), 16); // 200 ms of work
    add(due("feasible", NOW + 200), 16);

    assertThat(deadlines.late(inFlight, NOW))
        .singleElement()
        .satisfies(
            late -> {
              assertThat(late.portion().portion().requestId()).isEqualTo("hopeless");
              assertThat(late.why())
                  .hasMessage(
                      "deadline is 1970-01-01T00:00:01.190Z; allowed: later than"
                          + " 1970-01-01T00:00:01.200Z, when the images would be done at best");
              assertThat(late.why().reason()).isEqualTo(RejectReason.DEADLINE_EXCEEDED);
            });
  }

  @Test
  void oneImageTakesItsStepsHoweverLittleElseThereIs() {
    learnPace();
    add(due("hopeless", NOW + 49), 1);
    add(due("feasible", NOW + 50), 1);

    assertThat(deadlines.late(inFlight, NOW))
        .extracting(late -> late.portion().portion().requestId())
        .containsExactly("hopeless");
  }

  @Test
  void stepsThatAreDoneNeedNotBeWaitedFor() {
    learnPace();
    PortionInFlight portion = add(due("a", NOW + 20), 4);
    assertThat(deadlines.late(inFlight, NOW)).hasSize(1);
    List<ImageInFlight> images = begin(portion);
    for (int i = 0; i < 3; i++) {
      TestPortions.step(images);
      inFlight.stepped(images);
    }

    assertThat(deadlines.late(inFlight, NOW)).as("two steps are left").isEmpty();
    assertThat(deadlines.late(inFlight, NOW + 1)).as("20 ms at least").hasSize(1);
  }

  /** What other work on the machine slows down now and then may be as fast again as it was. */
  @Test
  void atBestRunsAreAsFastAsTheFastestOfLate() {
    for (int i = 0; i < 40; i++) {
      pace.ran(KEY, ROWS, i % 4 == 0 ? MILLIS_PER_RUN : 3 * MILLIS_PER_RUN);
    }
    PortionInFlight portion = add(due("a", NOW + 90), 4);

    assertThat(deadlines.late(inFlight, NOW)).isEmpty();
    assertThat(deadlines.expectedAt(inFlight, portion, NOW)).isGreaterThan(NOW + 110);
    for (int i = 0; i < 200; i++) {
      pace.ran(KEY, ROWS, 3 * MILLIS_PER_RUN);
    }
    assertThat(deadlines.late(inFlight, NOW)).hasSize(1);
  }

  @Test
  void requestsWithoutADeadlineAreNeverLate() {
    learnPace();
    add(TestPortions.request("a"), 10_000);

    assertThat(deadlines.late(inFlight, Long.MAX_VALUE / 2)).isEmpty();
  }

  @Test
  void aRequestIsExpectedWhenItsShareOfTheWorkBeforeItIsDone() {
    learnPace();
    PortionInFlight alone = add(TestPortions.request("a"), 8);
    assertThat(deadlines.expectedAt(inFlight, alone, NOW)).isEqualTo(NOW + 100);

    PortionInFlight second = add(TestPortions.request("b"), 4);
    assertThat(deadlines.expectedAt(inFlight, second, NOW))
        .as("beside as much of a")
        .isEqualTo(NOW + 100);
    PortionInFlight large = add(TestPortions.request("c"), 80);
    assertThat(deadlines.expectedAt(inFlight, large, NOW)).as("behind all").isEqualTo(NOW + 1_150);
    PortionInFlight one = add(TestPortions.request("d"), 1);
    assertThat(deadlines.expectedAt(inFlight, one, NOW)).as("its steps").isEqualTo(NOW + 50);
  }

  @Test
  void theRequestWithTheLeastSlackGoesFirst() {
    learnPace();
    add(due("later but much", NOW + 600), 40); // 500 ms of work
    add(due("earlier but little", NOW + 300), 4); // 50 ms

    assertThat(inFlight.nextToBegin(flow -> deadlines.slack(flow, NOW)).portion().requestId())
        .isEqualTo("later but much");
  }

  @Test
  void slackShrinksWithTime() {
    learnPace();
    PortionInFlight portion = add(due("a", NOW + 300), 4);
    Flow flow = new Flow(new Tenant(0), portion);
    flow.portions().add(portion);

    assertThat(deadlines.slack(flow, NOW)).isEqualTo(250);
    assertThat(deadlines.slack(flow, NOW + 260)).isEqualTo(-10);
  }
}
