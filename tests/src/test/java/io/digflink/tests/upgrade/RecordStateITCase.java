package io.digflink.tests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.upgrade.StateContent.Held;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.apache.flink.api.common.JobID;
import org.apache.flink.core.execution.SavepointFormatType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records what later releases restore: {@code mvn test -pl tests -am -Dtest=RecordStateITCase
 * -Dsurefire.failIfNoSpecifiedTests=false -Ddig.upgrade.record=DIRECTORY}.
 */
@EnabledIfSystemProperty(named = RecordStateITCase.DIRECTORY, matches = ".+")
class RecordStateITCase {
  static final String DIRECTORY = "dig.upgrade.record";

  private static final int PARALLELISM = 2;
  private static final int ATTEMPTS = 5;
  private static final List<String> LONG = List.of("ddpm", "ddim", "ddim-eta", "dpm", "dpm-alone");
  private static final List<String> WAITING = List.of("quick", "unconditional", "wide");

  @TempDir private Path temporary;

  @Test
  void recordsASavepoint() throws Exception {
    Recording recording = new Recording(Path.of(System.getProperty(DIRECTORY)));
    TinyModel.export(recording.models(), temporary);
    record(recording, Recording.SAVEPOINT);
  }

  /** Starts the job, again and again, until its state has something of everything. */
  private void record(Recording recording, String name) throws Exception {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Path directory = temporary.resolve(name + "-" + attempt);
      try (EmbeddedStack stack = EmbeddedStack.start(directory)) {
        List<RecordedRequest> requests = UpgradeJob.send(stack, UpgradeRequests.all());
        recording.writeRequests(requests);
        UpgradeJob job = new UpgradeJob(stack, recording.models());
        String state = stop(stack, job, directory);
        StateContent content = StateContent.read(state);
        if (isRich(content, name)) {
          recording.writeContent(name, describe(requests, content, committed(job)));
          FileUtils.copyDirectory(
              Path.of(URI.create(state)).toFile(), recording.state(name).toFile());
          return;
        }
      }
    }
    fail("Expected a state that has something of everything within " + ATTEMPTS + " attempts");
  }

  private static String stop(EmbeddedStack stack, UpgradeJob job, Path directory) throws Exception {
    JobID running = job.start(PARALLELISM, null);
    job.run().awaitImages(1);
    return stack
        .flink()
        .cluster()
        .stopWithSavepoint(
            running,
            directory.resolve("savepoints").toUri().toString(),
            false,
            SavepointFormatType.CANONICAL)
        .get(1, TimeUnit.MINUTES);
  }

  private static boolean isRich(StateContent content, String name) {
    for (int partition = 0; partition < UpgradeJob.PARTITIONS; partition++) {
      String end = "-" + partition;
      if (!content.held().keySet().containsAll(LONG.stream().map(id -> id + end).toList())
          || !content
              .requestsWaiting()
              .containsAll(WAITING.stream().map(id -> id + end).toList())) {
        return false;
      }
    }
    return !content.latentsWaiting().isEmpty()
        && content.imagesInFlight().values().stream().filter(steps -> steps > 0).count() >= 16
        && (name.equals(Recording.SAVEPOINT) || content.channelBytes() > 0);
  }

  private static Map<String, Integer> committed(UpgradeJob job) {
    Map<String, Integer> committed = new TreeMap<>();
    for (String image : job.run().digests().keySet()) {
      committed.merge(image.substring(0, image.indexOf('/')), 1, Integer::sum);
    }
    return committed;
  }

  private static RecordedState describe(
      List<RecordedRequest> requests, StateContent content, Map<String, Integer> committed) {
    Map<String, Integer> begun = new TreeMap<>();
    List<String> unread = new ArrayList<>();
    long stepsLeft = 0;
    for (RecordedRequest request : requests) {
      Held held = content.held().get(request.id());
      if (held == null && !committed.containsKey(request.id())) {
        unread.add(request.id());
        held = new Held(request.images(), 0, Map.of());
      } else if (held == null) {
        held = new Held(request.images(), request.images(), Map.of());
      }
      begun.put(request.id(), held.begun());
      int whole = request.images() - held.begun() + held.stepsDone().size();
      stepsLeft += (long) whole * request.steps();
      stepsLeft -= held.stepsDone().values().stream().mapToInt(Integer::intValue).sum();
    }
    assertThat(unread).isNotEmpty();
    return new RecordedState(
        PARALLELISM,
        UpgradeJob.options(),
        committed,
        begun,
        new TreeMap<>(content.imagesInFlight()),
        content.latentsWaiting(),
        content.channelBytes(),
        content.requestsWaiting(),
        unread,
        content.uncommitted(),
        stepsLeft);
  }
}
