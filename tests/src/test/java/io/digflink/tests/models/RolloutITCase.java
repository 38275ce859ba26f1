package io.digflink.tests.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.model.ServedBundles;
import io.digflink.operators.BuiltLibrary;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.verify.ImageVerifier;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests while the model directory changes under the running job. */
@Timeout(300)
class RolloutITCase {
  private static final String MODEL = "m";
  private static final int WAVE = 70;

  @TempDir private static Path directory;
  private static EmbeddedStack stack;
  private static ModelBundle first;
  private static ModelBundle second;

  @TempDir private Path models;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
    first = Versions.first(directory.resolve("versions-1"), MODEL);
    second = Versions.second(directory.resolve("versions-2"), MODEL);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @BeforeEach
  void serveTheFirst() throws IOException {
    FileUtils.copyDirectory(first.path().toFile(), models.resolve("m-1").toFile());
  }

  private JobRun job() throws InterruptedException {
    return new JobRun(stack)
        .with(GenerateOptions.MODEL_DIRECTORY, models.toString())
        .with(GenerateOptions.MODELS_REFRESH, Duration.ofMillis(50));
  }

  /** As a copy that is renamed into place. */
  private void put(ModelBundle bundle, String name) throws IOException {
    Path part = directory.resolve("part");
    FileUtils.copyDirectory(bundle.path().toFile(), part.toFile());
    Files.move(part, models.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private void remove(String name) throws IOException {
    Path gone = directory.resolve("gone");
    Files.move(models.resolve(name), gone, StandardCopyOption.ATOMIC_MOVE);
    FileUtils.deleteDirectory(gone.toFile());
  }

  private static void send(JobRun job, String wave) throws InterruptedException {
    job.send(
        IntStream.range(0, WAVE)
            .mapToObj(i -> request(wave + i, 8, 1))
            .toArray(GenerationRequest[]::new));
  }

  private static GenerationRequest request(String id, int steps, int images) {
    return Requests.of(id)
        .setModel(MODEL)
        .setSeed(id.hashCode())
        .setSteps(steps)
        .setGuidanceScale(2)
        .setImagesPerLabel(images)
        .build();
  }

  private static void awaitServed(ServedBundles bundles, ModelBundle version) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                bundles
                    .now()
                    .find(MODEL)
                    .filter(b -> b.digest().equals(version.digest()))
                    .isPresent());
  }

  @Test
  void everyImageIsOfTheVersionInForceWhenItBegan() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun job = job();
    try (ServedBundles bundles = ServedBundles.open(job.settings().models())) {
      send(job, "a");
      JobID id = job.start(2);
      job.awaitImages(1);
      long secondFrom = System.currentTimeMillis();
      put(second, "m-2");
      send(job, "b");
      awaitServed(bundles, second);
      long secondAt = System.currentTimeMillis();
      send(job, "c");
      job.awaitImages(2 * WAVE + 1);
      long firstFrom = System.currentTimeMillis();
      remove("m-2");
      awaitServed(bundles, first);
      long firstAt = System.currentTimeMillis();
      send(job, "d");
      List<GeneratedImage> images = job.awaitImages(4 * WAVE).images();

      assertThat(stack.flink().cluster().getJobStatus(id).get()).isEqualTo(JobStatus.RUNNING);
      assertThat(graphRestarts(id)).isZero();
      stack.flink().cluster().cancelJob(id).get();
      assertThat(images).hasSize(4 * WAVE);
      assertThat(job.digests()).hasSize(4 * WAVE);
      assertThat(job.rejected()).isEmpty();
      for (GeneratedImage image : images) {
        long begun = begun(image);
        if (begun < secondFrom || begun > firstAt) {
          assertThat(image.getBundleDigest()).as("%s", image).isEqualTo(first.digest());
        } else if (begun > secondAt && begun < firstFrom) {
          assertThat(image.getBundleDigest()).as("%s", image).isEqualTo(second.digest());
        }
      }
      Map<String, Long> byDigest =
          images.stream()
              .collect(
                  Collectors.groupingBy(GeneratedImage::getBundleDigest, Collectors.counting()));
      assertThat(byDigest).containsOnlyKeys(first.digest(), second.digest());
      assertThat(byDigest.get(first.digest())).isGreaterThanOrEqualTo(WAVE);
      assertThat(byDigest.get(second.digest())).isGreaterThanOrEqualTo(10);
      verifyOffline(images);
    }
  }

  private static long graphRestarts(JobID id) throws Exception {
    return stack
        .flink()
        .cluster()
        .getExecutionGraph(id)
        .get()
        .getStatusTimestamp(JobStatus.RESTARTING);
  }

  private static long begun(GeneratedImage image) {
    return image.getCompletedAt().toEpochMilli()
        - image.getDecodeMillis()
        - image.getDenoiseMillis();
  }

  /** Every file is what its bundle makes offline, byte for byte. */
  private static void verifyOffline(List<GeneratedImage> images) throws Exception {
    ModelCatalog catalog = ModelCatalog.of(List.of(first.path(), second.path()), Map.of());
    try (ImageVerifier verifier = new ImageVerifier(catalog, Device.CPU, 0)) {
      for (GeneratedImage image : images) {
        assertThat(verifier.verify(bytes(image.getBytes())).message())
            .startsWith("made by this model");
      }
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  @Test
  void aVersionIsServedToThoseWhoAskForItsDigest() throws Exception {
    put(second, "m-2");
    JobRun job = job();
    job.send(
        request("latest", 2, 1),
        GenerationRequest.newBuilder(request("old", 2, 1))
            .setModel(first.reference().toString())
            .build(),
        GenerationRequest.newBuilder(request("none", 2, 1))
            .setModel(MODEL + "@sha256:" + "0".repeat(64))
            .build());

    job.serveAll(1);

    assertThat(job.images())
        .extracting(image -> image.getRequestId() + " " + image.getModel())
        .containsExactlyInAnyOrder("latest " + MODEL, "old " + MODEL);
    assertThat(job.images())
        .filteredOn(image -> image.getRequestId().equals("old"))
        .extracting(GeneratedImage::getBundleDigest)
        .containsExactly(first.digest());
    assertThat(job.rejected())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.UNKNOWN_MODEL);
              assertThat(reject.getAllowed()).isEqualTo(MODEL);
            });
  }

  @Test
  void aRemovedModelFinishesWhatItBeganAndTakesNothingNew() throws Exception {
    FileUtils.copyDirectory(
        directory.resolve("models/plain").toFile(), models.resolve("plain").toFile());
    JobRun job = job();
    try (ServedBundles bundles = ServedBundles.open(job.settings().models())) {
      job.send(request("begun", 50, 20));
      JobID id = job.start(1);
      job.awaitBegun("begun");
      remove("m-1");
      await().until(() -> bundles.now().find(MODEL).isEmpty());
      job.send(request("late", 2, 1), Requests.of("other").build());
      job.awaitImages(21).awaitEnds(2);

      stack.flink().cluster().cancelJob(id).get();
      assertThat(job.digests()).hasSize(21).containsKeys("begun/19", "other/0");
      assertThat(job.images())
          .filteredOn(image -> image.getRequestId().equals("begun"))
          .allMatch(image -> image.getBundleDigest().equals(first.digest()));
      assertThat(job.rejected())
          .singleElement()
          .extracting(RejectedRequest::getRequestId, RejectedRequest::getReason)
          .containsExactly("late", RejectReason.UNKNOWN_MODEL);
      assertThat(graphRestarts(id)).isZero();
    }
  }

  @Test
  void aRestoredImageWhoseModelIsGoneIsRejectedAndTheJobGoesOn() throws Exception {
    FileUtils.copyDirectory(
        directory.resolve("models/plain").toFile(), models.resolve("plain").toFile());
    JobRun job = job();
    job.send(request("begun", 200, 5));
    JobID before = job.start(1);
    job.awaitBegun("begun");
    String savepoint = stack.stopWithSavepoint(before);
    int done = job.images().size();
    remove("m-1");

    JobID after = job.start(1, savepoint);
    job.send(Requests.of("other").build());
    job.awaitImages(done + 1).awaitEnds(2);

    stack.flink().cluster().cancelJob(after).get();
    assertThat(job.rejected())
        .singleElement()
        .extracting(RejectedRequest::getRequestId, RejectedRequest::getReason)
        .containsExactly("begun", RejectReason.UNKNOWN_MODEL);
    assertThat(graphRestarts(after)).isZero();
  }

  @Test
  void aBrokenBundleIsRefusedAndTheOthersAreServed() throws Exception {
    put(second, "m-2");
    flip(models.resolve("m-2/denoiser.onnx.data"));
    put(second, "m-3");
    Files.delete(models.resolve("m-3/decoder.onnx"));
    JobRun job = job();
    try (ServedBundles bundles = ServedBundles.open(job.settings().models())) {
      assertThat(bundles.now().refused())
          .containsOnlyKeys(models.resolve("m-2").toString(), models.resolve("m-3").toString());
      assertThat(bundles.now().refused().get(models.resolve("m-2").toString()))
          .contains("denoiser.onnx.data is damaged: expected SHA-256");

      job.send(request("good", 2, 1));
      job.serveAll(1);

      assertThat(job.images())
          .extracting(GeneratedImage::getBundleDigest)
          .containsExactly(first.digest());
    }
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void aBundleThatIsNotAllowedIsRefused() throws Exception {
    put(second, "m-2");
    JobRun job = job().with(GenerateOptions.ALLOWED_DIGESTS, "sha256:" + first.digest());
    job.send(request("a", 2, 1));

    job.serveAll(1);

    assertThat(job.images())
        .extracting(GeneratedImage::getBundleDigest)
        .containsExactly(first.digest());
  }

  @Test
  void aDirectoryThatCannotBeReadForAWhileChangesNothing() throws Exception {
    JobRun job = job();
    try (ServedBundles bundles = ServedBundles.open(job.settings().models())) {
      job.send(request("before", 2, 1));
      JobID id = job.start(1);
      job.awaitImages(1);
      Path away = directory.resolve("away");
      Files.move(models, away);
      await().until(bundles::isUnreadable);
      job.send(request("meanwhile", 2, 1));
      job.awaitImages(2);
      Files.move(away, models);
      await().until(() -> !bundles.isUnreadable());
      put(second, "m-2");
      awaitServed(bundles, second);
      job.send(request("after", 2, 1));
      job.awaitImages(3);

      stack.flink().cluster().cancelJob(id).get();
      assertThat(
              job.images().stream()
                  .collect(
                      Collectors.toMap(
                          GeneratedImage::getRequestId, GeneratedImage::getBundleDigest)))
          .isEqualTo(
              Map.of(
                  "before", first.digest(),
                  "meanwhile", first.digest(),
                  "after", second.digest()));
      assertThat(graphRestarts(id)).isZero();
    }
  }

  @Test
  void aNewModelIsServedWithoutARestart() throws Exception {
    JobRun job = job();
    try (ServedBundles bundles = ServedBundles.open(job.settings().models())) {
      job.send(request("first", 2, 1));
      JobID id = job.start(1);
      job.awaitImages(1);
      FileUtils.copyDirectory(
          directory.resolve("models/plain").toFile(), directory.resolve("new").toFile());
      Files.move(directory.resolve("new"), models.resolve("plain"));
      await().until(() -> bundles.now().find("plain").isPresent());
      job.send(Requests.of("new").build());
      job.awaitImages(2);

      stack.flink().cluster().cancelJob(id).get();
      assertThat(job.rejected()).isEmpty();
      assertThat(graphRestarts(id)).isZero();
      try (Stream<Path> left = Files.list(models)) {
        assertThat(left).hasSize(2);
      }
    }
  }
}
