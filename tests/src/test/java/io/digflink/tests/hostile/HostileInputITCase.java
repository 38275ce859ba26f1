package io.digflink.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.client.TopicReader;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.tests.formats.RegistryProcess;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job among whose requests are many that are none: each is answered, and nothing restarts. */
class HostileInputITCase {
  private static final int FEW = 3_000;
  private static final int MANY = 100_000;
  private static final int REPEATED_BYTES = 512 << 10;
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

  @TempDir private static Path directory;
  private static EmbeddedStack stack;
  private static RegistryProcess registry;
  private static String[] digests;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
    registry = RegistryProcess.small(directory.resolve("registry"));
    registry.start();
    assertThat(registry.client().register("dig.requests-value", GenerationRequest.getClassSchema()))
        .isEqualTo(Garbage.KNOWN_ID);
    // Images of one seed are compared across requests, whose ids would be in the files.
    JobRun clean = new JobRun(stack).with(GenerateOptions.IMAGE_METADATA, false);
    for (int seed = 0; seed < HostileLoad.SEEDS; seed++) {
      clean.send(HostileLoad.good("" + seed, seed));
    }
    Map<String, String> made = clean.serveAll(1).digests();
    digests = new String[HostileLoad.SEEDS];
    Arrays.setAll(digests, seed -> made.get(seed + "/0"));
    assertThat(digests).doesNotContainNull().doesNotHaveDuplicates();
  }

  @AfterAll
  static void stop() {
    registry.close();
    stack.close();
  }

  @Test
  void everyOneOfThreeThousandIsAnswered() throws Exception {
    answersEveryOneOf(FEW);
  }

  @Test
  @Tag("hostile")
  void everyOneOfAHundredThousandIsAnswered() throws Exception {
    answersEveryOneOf(MANY);
  }

  private static void answersEveryOneOf(int count) throws Exception {
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.IMAGE_METADATA, false)
            .with(GenerateOptions.CHECKPOINT_INTERVAL, Duration.ofSeconds(1))
            .with(GenerateOptions.REGISTRY_URL, registry.url())
            .with(GenerateOptions.MAX_REQUEST_SIZE, MemorySize.ofMebiBytes(1));
    JobID job = run.start(2);
    Instant begin = Instant.now();

    HostileLoad load =
        HostileLoad.send(
            stack.kafka().bootstrapServers(), run.settings().topics().requests(), count);
    Map<RejectReason, Integer> rejects = awaitAnswers(run, load);

    Duration took = Duration.between(begin, Instant.now());
    AccessExecutionGraph graph = stack.flink().cluster().getExecutionGraph(job).get();
    assertThat(graph.getState()).isEqualTo(JobStatus.RUNNING);
    assertThat(graph.getStatusTimestamp(JobStatus.RESTARTING)).isZero();
    assertThat(load.garbage().size() + load.seeds().size()).isEqualTo(count);
    System.out.printf(
        "%,d requests: %,d images, %,d rejects %s of %d kinds of garbage, in %,d s; unanswered 0,"
            + " answered twice 0, restarts 0%n",
        count,
        load.seeds().size(),
        load.garbage().size(),
        rejects,
        Garbage.kinds(),
        took.toSeconds());
    stack.flink().cluster().cancelJob(job).get();
  }

  /** Reads until there are as many answers as requests; each must be the right one, once. */
  private static Map<RejectReason, Integer> awaitAnswers(JobRun run, HostileLoad load) {
    Map<RejectReason, Integer> reasons = new EnumMap<>(RejectReason.class);
    Map<String, Garbage.Record> toReject = new HashMap<>(load.garbage());
    Map<String, Integer> toServe = new HashMap<>(load.seeds());
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", stack.kafka().bootstrapServers());
    try (TopicReader<RejectedRequest> rejected =
            TopicReader.fromStart(
                client, run.settings().topics().rejected(), RejectedRequest.class);
        TopicReader<GeneratedImage> images =
            TopicReader.fromStart(client, run.settings().topics().images(), GeneratedImage.class)) {
      Instant lastAnswer = Instant.now();
      while (!toReject.isEmpty()
          || !toServe.isEmpty()
          || !rejected.isAtEnd()
          || !images.isAtEnd()) {
        int before = toReject.size() + toServe.size();
        for (RejectedRequest reject : rejected.poll(Duration.ofMillis(50))) {
          check(reject, toReject.remove(reject.getSource()));
          reasons.merge(reject.getReason(), 1, Integer::sum);
        }
        for (GeneratedImage image : images.poll(Duration.ofMillis(50))) {
          check(image, toServe.remove(image.getRequestId()));
        }
        if (toReject.size() + toServe.size() < before) {
          lastAnswer = Instant.now();
        }
        assertThat(Duration.between(lastAnswer, Instant.now()))
            .describedAs(
                "silence with %d rejects and %d images to come", toReject.size(), toServe.size())
            .isLessThan(LONGEST_SILENCE);
      }
    }
    return reasons;
  }

  private static void check(RejectedRequest reject, Garbage.Record garbage) {
    assertThat(garbage)
        .describedAs("a reject, once, of what is garbage: %s", reject.getSource())
        .isNotNull();
    assertThat(reject.getReason())
        .describedAs("%s of %s", reject.getMessage(), Garbage.text(garbage.value()))
        .isEqualTo(garbage.reason());
    int repeated = Math.min(garbage.value().length, REPEATED_BYTES);
    assertThat(reject.getOriginal()).isEqualTo(ByteBuffer.wrap(garbage.value(), 0, repeated));
  }

  private static void check(GeneratedImage image, Integer seed) {
    assertThat(seed)
        .describedAs("an image, once, of a request: %s", image.getRequestId())
        .isNotNull();
    assertThat(image.getSha256()).isEqualTo(digests[seed]);
  }
}
