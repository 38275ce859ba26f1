package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.digflink.schemas.GenerationRequest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets the next place of a subtask with 64 of them and 32 rows per run. */
class FairQueueTest {
  private static final int PLACES = 64;
  private static final int ROWS = 32;

  private final SimulatedSubtask subtask = new SimulatedSubtask(PLACES, PLACES, ROWS);

  @ParameterizedTest(name = "{0} requests of 10,000 images, {1}")
  @CsvSource({
    "1, one tenant",
    "2, one tenant",
    "8, one tenant",
    "1, own tenants",
    "2, own tenants",
    "8, own tenants",
    "100, one tenant",
    "100, own tenants"
  })
  void aRequestOfOneImageBeginsWithinTwoRunsWhateverWaits(int large, String tenants) {
    boolean isShared = tenants.equals("one tenant");
    for (int i = 0; i < large; i++) {
      subtask.add(request("large " + i, isShared ? "" : "large " + i), 10_000);
    }
    for (int i = 0; i < 300; i++) {
      subtask.run();
      if (i % 3 == 0) {
        subtask.add(request("small " + i, isShared ? "" : "small " + i), 1);
        int came = subtask.runs();
        subtask.run(2);
        assertThat(subtask.firstRunOf("small " + i)).as("small %d", i).isBetween(1, came + 2);
      }
    }
    assertThat(subtask.inFlight().images()).isLessThanOrEqualTo(PLACES);
  }

  @Test
  void aRequestOfOneImageBeginsWithinTwoRunsBesideOthersOfItsTenantWithDeadlines() {
    Instant deadline = Instant.ofEpochMilli(1_000_000);
    subtask.add(request("urgent", "").setDeadline(deadline.minusSeconds(1)), 10_000);
    subtask.add(request("less urgent", "").setDeadline(deadline), 10_000);
    subtask.run(100);

    subtask.add(request("small", ""), 1);
    int came = subtask.runs();
    subtask.run(2);

    assertThat(subtask.firstRunOf("small")).isBetween(1, came + 2);
  }

  /** Its tenant has had more than its share: the image still begins, in a place of its tenant. */
  @Test
  void aRequestOfATenantThatHasHadMuchTakesAPlaceOfItsOwnTenant() {
    subtask.add(request("large", "rich"), 10_000);
    subtask.run(1_000);
    subtask.add(request("other", "poor"), 10_000);
    subtask.add(request("small", "rich"), 1);
    int came = subtask.runs();
    subtask.run(2);

    assertThat(subtask.firstRunOf("small")).isBetween(1, came + 2);
    assertThat(subtask.firstRunOf("other")).isBetween(1, came + 2);
  }

  @Test
  void tenantsHaveEqualSharesThoughOneSendsTenTimesAsMuch() {
    String[] tenants = {"loud", "a", "b"};
    int sent = 0;
    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < 10; i++) {
        subtask.add(request("loud " + sent++, "loud"), 40);
      }
      subtask.add(request("a " + round, "a"), 40);
      subtask.add(request("b " + round, "b"), 40);
      subtask.run(15);
    }

    double[] shares = Arrays.stream(tenants).mapToDouble(subtask::begunOfTenant).toArray();
    assertThat(Arrays.stream(shares).sum()).as("work for all").isGreaterThan(9_000);
    assertThat(jain(shares)).as("images begun: %s", Arrays.toString(shares)).isGreaterThan(0.99);
  }

  @Test
  void requestsOfATenantHaveEqualSharesThoughOneIsTenTimesAsLarge() {
    subtask.add(request("large", ""), 20_000);
    subtask.add(request("a", ""), 2_000);
    subtask.add(request("b", ""), 2_000);
    subtask.run(900);

    double[] shares = {subtask.begunOf("large"), subtask.begunOf("a"), subtask.begunOf("b")};
    assertThat(Arrays.stream(shares).sum()).isGreaterThan(5_000);
    assertThat(jain(shares)).as(Arrays.toString(shares)).isGreaterThan(0.99);
  }

  /** Jain's index: 1 where all have the same, 1/n where one has everything. */
  private static double jain(double... shares) {
    double sum = Arrays.stream(shares).sum();
    return sum * sum / (shares.length * Arrays.stream(shares).map(x -> x * x).sum());
  }

  @Test
  void whoComesLateHasAnEqualShareFromThenOnAndNothingToMakeUpFor() {
    subtask.add(request("first", "early"), 20_000);
    subtask.run(1_000);
    int before = subtask.begunOfTenant("early");
    assertThat(before).isGreaterThan(6_000);
    subtask.add(request("second", "late"), 20_000);
    subtask.run(300);

    int early = subtask.begunOfTenant("early") - before;
    int late = subtask.begunOfTenant("late");
    assertThat(early + late).isGreaterThan(1_800);
    assertThat((double) early / late).isCloseTo(1, within(0.1));
  }

  @Test
  void workAndNotImagesIsShared() {
    subtask.add(request("guided", "a").setGuidanceScale(4), 10_000);
    subtask.add(request("plain", "b"), 10_000);
    subtask.run(100); // the first one had all places
    int plain = subtask.begunOf("plain");
    int guided = subtask.begunOf("guided");
    subtask.run(900);

    assertThat((double) (subtask.begunOf("plain") - plain) / (subtask.begunOf("guided") - guided))
        .isCloseTo(2, within(0.05));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9})
  void eachStepOfPriorityDoublesTheShare(int priority) {
    subtask.add(request("low", "").setPriority(priority - 1), 10_000);
    subtask.add(request("high", "").setPriority(priority), 10_000);
    subtask.run(900);

    assertThat((double) subtask.begunOf("high") / subtask.begunOf("low")).isCloseTo(2, within(0.1));
  }

  @Test
  void theLowestPriorityNeverStarves() {
    for (int i = 0; i < 4; i++) {
      subtask.add(request("high " + i, "").setPriority(9), 10_000);
    }
    subtask.run(10);
    subtask.add(request("low", "").setPriority(0), 1_000);
    int came = subtask.runs();
    subtask.run(2);
    assertThat(subtask.firstRunOf("low")).isBetween(1, came + 2);

    subtask.run(3_500);
    assertThat(subtask.begunOf("low")).as("of 1 to 2048 in 22,000").isBetween(10, 25);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTenantHasNoMorePlacesThanItsLimitAndOthersHaveTheRest(boolean isAlone) {
    SimulatedSubtask limited = new SimulatedSubtask(PLACES, 8, ROWS);
    limited.add(request("large", "limited"), 1_000);
    if (!isAlone) {
      for (int i = 0; i < 10; i++) {
        limited.add(request("other " + i, "other " + i), 1_000);
      }
    }
    for (int i = 0; i < 100; i++) {
      limited.run();
      assertThat(limited.inFlight().images()).isEqualTo(isAlone ? 8 : PLACES);
    }

    limited.add(request("small", "limited"), 1);
    int came = limited.runs();
    limited.run(2);
    assertThat(limited.firstRunOf("small")).isBetween(1, came + 2);
    assertThat(limited.inFlight().images()).isEqualTo(isAlone ? 8 : PLACES);
  }

  @Test
  void imagesThatHadToGiveUpTheirPlaceGoOnAndLoseNothing() {
    Random random = new Random(3);
    Map<String, Integer> sent = new HashMap<>();
    int mostParked = 0;
    for (int i = 0; i < 200; i++) {
      int images = random.nextInt(4) == 0 ? 100 : 1;
      sent.put("r" + i, images);
      String tenant = "t" + random.nextInt(3);
      subtask.add(request("r" + i, tenant).setPriority(random.nextInt(10)).setSeed(i), images);
      subtask.run(random.nextInt(3));
      mostParked = Math.max(mostParked, subtask.inFlight().parked());
    }
    subtask.runAll();

    assertThat(mostParked).as("images that had to give up their place").isBetween(1, PLACES);
    assertThat(subtask.inFlight().parked()).isZero();
    assertThat(subtask.inFlight().images()).isZero();
    assertThat(subtask.inFlight().waiting()).isZero();
    assertThat(subtask.done()).hasSize(sent.values().stream().mapToInt(n -> n).sum());
    for (int i = 0; i < 200; i += 7) {
      SimulatedSubtask alone = new SimulatedSubtask(1, 1, 2);
      alone.add(request("r" + i, "").setSeed(i), sent.get("r" + i));
      alone.runAll();
      alone
          .done()
          .forEach((name, latent) -> assertThat(subtask.done().get(name)).isEqualTo(latent));
    }
  }

  @Test
  void amongRequestsOfOnePriorityTheOneWithTheLeastSlackTakesTheirTurn() {
    SimulatedSubtask one = new SimulatedSubtask(4, 4, ROWS, Flow::deadline);
    for (int i = 1; i <= 3; i++) {
      Instant deadline = Instant.ofEpochMilli(1_000 * (4 - i));
      one.inFlight().add(TestPortions.of(request("d" + i, "").setDeadline(deadline), 2));
    }
    one.add(request("none", ""), 4);
    one.runAll();

    assertThat(one.begun().stream().filter(id -> !id.equals("none")))
        .containsExactly("d3", "d3", "d2", "d2", "d1", "d1");
    assertThat(one.begun().subList(0, 4)).as("has a turn of its own").contains("none");
  }

  private static GenerationRequest.Builder request(String id, String tenant) {
    return TestPortions.request(id).setTenant(tenant);
  }
}
