package io.digflink.tests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.digflink.cli.embedded.JobMetrics;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.apache.commons.io.FileUtils;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * State of a release under load, restored: images in flight of every sampler, requests that wait,
 * latents before Decode, offsets of the source. What was recorded is in {@code
 * src/test/resources/upgrade}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SavepointOfRelease {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * Latents that another CPU made in part differ in their last bits from those that this one makes
   * alone, and so do a few pixels, by one level for each time they were rounded.
   */
  private static final int ROUNDING = 2;

  private final Recording recording;
  private List<RecordedRequest> requests;
  private Map<String, GeneratedImage> fresh;

  /** Of a release, a version. */
  SavepointOfRelease(String release) {
    this.recording = Recording.of(release);
  }

  @BeforeAll
  void makeAfresh(@TempDir Path directory) throws Exception {
    requests = recording.requests();
    try (EmbeddedStack stack = EmbeddedStack.start(directory)) {
      JobRun run = new JobRun(stack);
      run.with(GenerateOptions.MODEL_DIRECTORY, recording.models().toString());
      run.sendBytes(requests.stream().map(RecordedRequest::value).toArray(byte[][]::new));
      fresh = byName(run.serveAll(1).images());
    }
    assertThat(fresh.values()).extracting(GeneratedImage::getSha256).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 1, 3})
  void everyImageThatWasMissingComesOnce(int parallelism, @TempDir Path directory)
      throws Exception {
    // A broker of its own: it counts producers and their transactions, which the state names.
    try (EmbeddedStack stack = EmbeddedStack.start(directory)) {
      new OpenTransactions(stack).begin(recording.content(Recording.SAVEPOINT).uncommitted());
      assertThat(UpgradeJob.send(stack, requests))
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(requests);
      restore(stack, directory, parallelism);
    }
  }

  private void restore(EmbeddedStack stack, Path directory, int parallelism) throws Exception {
    RecordedState recorded = recording.content(Recording.SAVEPOINT);
    Path state = directory.resolve("savepoint");
    FileUtils.copyDirectory(recording.state(Recording.SAVEPOINT).toFile(), state.toFile());
    UpgradeJob job = new UpgradeJob(stack, recording.models());
    TreeSet<String> missing = new TreeSet<>(fresh.keySet());
    missing.removeIf(image -> index(image) < recorded.committed().getOrDefault(id(image), 0));

    JobID id = job.start(parallelism, state.toUri().toString());
    job.run().awaitImages(missing.size());
    awaitCompleted(job, missing);
    awaitSteps(stack, id, recorded.stepsLeft());
    stack.flink().cluster().cancelJob(id).get();
    stack.flink().cluster().requestJobResult(id).get();

    Map<String, GeneratedImage> images = byName(job.run().images());
    assertThat(images).containsOnlyKeys(missing);
    for (Map.Entry<String, GeneratedImage> image : images.entrySet()) {
      boolean hadBegun = index(image.getKey()) < recorded.begun().get(id(image.getKey()));
      assertUnchanged(image.getKey(), image.getValue(), hadBegun);
    }
    assertThat(job.run().rejected()).isEmpty();
  }

  /** Every request that had images to come is told to be complete, once. */
  private static void awaitCompleted(UpgradeJob job, TreeSet<String> missing) {
    List<String> ids = missing.stream().map(SavepointOfRelease::id).distinct().sorted().toList();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(job.run().progress())
                    .filteredOn(progress -> progress.getState() == RequestState.COMPLETED)
                    .extracting(RequestProgress::getRequestId)
                    .containsExactlyInAnyOrderElementsOf(ids));
  }

  /** Images go on at the step where they were: as many steps are taken as were left. */
  private static void awaitSteps(EmbeddedStack stack, JobID job, long stepsLeft) {
    JobMetrics metrics = new JobMetrics(stack.flink().dashboard());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        metrics.values(job, "Denoise.imageSteps").stream()
                            .mapToDouble(Double::doubleValue)
                            .sum())
                    .isEqualTo(stepsLeft));
  }

  private void assertUnchanged(String name, GeneratedImage image, boolean hadBegun)
      throws IOException {
    GeneratedImage expected = fresh.get(name);
    if (image.getSha256().equals(expected.getSha256())) {
      return;
    }
    assertThat(hadBegun).as("%s differs, though it had not begun", name).isTrue();
    BufferedImage found = pixels(image);
    BufferedImage wanted = pixels(expected);
    for (int y = 0; y < wanted.getHeight(); y++) {
      for (int x = 0; x < wanted.getWidth(); x++) {
        for (int shift = 0; shift <= 16; shift += 8) {
          assertThat(found.getRGB(x, y) >> shift & 0xFF)
              .as("%s at %d, %d", name, x, y)
              .isBetween(
                  (wanted.getRGB(x, y) >> shift & 0xFF) - ROUNDING,
                  (wanted.getRGB(x, y) >> shift & 0xFF) + ROUNDING);
        }
      }
    }
  }

  private static BufferedImage pixels(GeneratedImage image) throws IOException {
    byte[] file = new byte[image.getBytes().remaining()];
    image.getBytes().duplicate().get(file);
    return ImageIO.read(new ByteArrayInputStream(file));
  }

  /** Images by request/index; none may be there twice. */
  private static Map<String, GeneratedImage> byName(List<GeneratedImage> images) {
    return images.stream()
        .collect(
            Collectors.toMap(
                image -> image.getRequestId() + "/" + image.getIndex(),
                Function.identity(),
                (one, other) -> {
                  throw new AssertionError("Expected every image once, found twice: " + one);
                },
                TreeMap::new));
  }

  private static String id(String image) {
    return image.substring(0, image.indexOf('/'));
  }

  private static int index(String image) {
    return Integer.parseInt(image.substring(image.indexOf('/') + 1));
  }
}
