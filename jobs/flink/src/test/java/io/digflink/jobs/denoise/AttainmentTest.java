package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.device.BatchKey;
import io.digflink.jobs.device.FailedRunPolicy;
import io.digflink.jobs.request.TestRequests;
import io.digflink.schemas.GenerationRequest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How many requests are in time if the subtask is told their deadlines, and if it is not, be it
 * that all take turns or that as many begin as fit into a run: the same arrivals on a clock of
 * their own, on a device whose runs take 5 ms and 5 more for each row.
 */
class AttainmentTest {
  private static final int PLACES = 64;
  private static final int ROWS = 8;
  private static final int REQUESTS = 1_000;
  private static final double FULL_RUN = millis(ROWS);
  private static final BatchKey KEY =
      new BatchKey("m", TestRequests.DIGEST, SimulatedSubtask.SHAPE);

  private static double millis(int rows) {
    return 5 + 5 * rows;
  }

  private static final class Subtask {
    private final Random random = new Random(1);
    private final InFlight inFlight;
    private final StepBatcher batcher = new StepBatcher(new FailedRunPolicy<>(key -> ROWS, 10));
    private final Pace pace = new Pace();
    private final Deadlines deadlines = new Deadlines(pace);
    private final Map<String, Long> dueAt = new HashMap<>();
    private final boolean isTold;
    private double now;
    private double nextArrival;
    private int inTime;

    Subtask(boolean isTold, int places) {
      this.isTold = isTold;
      this.inFlight = new InFlight(places, places);
    }

    /** Share of requests in time. */
    double attainment(double load) {
      double perMilli = load * ROWS / FULL_RUN / 30;
      while (dueAt.size() < REQUESTS || !inFlight.portions().isEmpty()) {
        arrive(perMilli);
        run();
      }
      return inTime / (double) REQUESTS;
    }

    /** Requests of one image, 10 to 50 steps, due after 1.2 to 3 times their runs. */
    private void arrive(double perMilli) {
      if (inFlight.portions().isEmpty() && dueAt.size() < REQUESTS) {
        now = Math.max(now, nextArrival);
      }
      while (nextArrival <= now && dueAt.size() < REQUESTS) {
        int steps = 10 + random.nextInt(41);
        long due = (long) (nextArrival + (1.2 + 1.8 * random.nextDouble()) * steps * FULL_RUN);
        String id = "request-" + dueAt.size();
        dueAt.put(id, due);
        GenerationRequest.Builder request = TestPortions.request(id).setSteps(steps);
        request.setDeadline(isTold ? Instant.ofEpochMilli(due) : null);
        inFlight.add(TestPortions.of(request, 1, SimulatedSubtask.SHAPE));
        nextArrival -= Math.log(1 - random.nextDouble()) / perMilli;
      }
    }

    private void run() {
      long millis = (long) now;
      deadlines.late(inFlight, millis).forEach(late -> inFlight.drop(late.portion()));
      PortionInFlight next;
      while ((next = inFlight.nextToBegin(flow -> deadlines.slack(flow, millis))) != null) {
        inFlight.begin(TestPortions.next(next, millis));
      }
      inFlight.shareTurns(image -> deadlines.due(image, millis));
      List<ImageInFlight> images = batcher.choose(inFlight.stepping());
      if (images.isEmpty()) {
        return;
      }
      now += millis(images.size());
      TestPortions.step(images);
      pace.ran(KEY, images.size(), millis(images.size()));
      inFlight.stepped(images);
      for (ImageInFlight image : inFlight.takeEnded()) {
        inTime += now <= dueAt.get(image.portion().portion().requestId()) ? 1 : 0;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0.7, 1", "0.9, 0.68", "1.1, 0.68"})
  void fewerMissWhereTheDeadlinesAreTold(double load, double mostMisses) {
    double told = new Subtask(true, PLACES).attainment(load);
    double inTurns = new Subtask(false, PLACES).attainment(load);
    double firstComeFirstServed = new Subtask(false, ROWS).attainment(load);

    assertThat(1 - told).isLessThanOrEqualTo(mostMisses * (1 - inTurns));
    assertThat(1 - told).isLessThanOrEqualTo(mostMisses * (1 - firstComeFirstServed));
  }
}
