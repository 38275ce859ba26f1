package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.JobMetrics;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.operators.BuiltLibrary;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.tests.support.AwaitedMetric;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.FailingModels;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GenerateJobITCase {
  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
    TestModels.exportDis(directory.resolve("models"));
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void aBoundedJobMakesEveryImageOfARequestInItsOrderAndEnds() throws Exception {
    JobRun job = new JobRun(stack);
    job.send(Requests.of("a").setLabels(List.of(3, 5)).setImagesPerLabel(3).build());

    List<GeneratedImage> images = job.serveAll(1).images();

    assertThat(images).extracting(GeneratedImage::getIndex).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(images).extracting(GeneratedImage::getLabel).containsExactly(3, 3, 3, 5, 5, 5);
    assertThat(job.rejected()).isEmpty();
    assertThat(job.progress())
        .filteredOn(progress -> progress.getState() == RequestState.COMPLETED)
        .extracting(RequestProgress::getImagesDone)
        .containsExactly(6);
  }

  @ParameterizedTest
  @ValueSource(strings = {TestModels.PLAIN, TestModels.DIS})
  void anImageMadeAloneEqualsTheSameImageMadeAmongSixteenOthers(String model) throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    GenerationRequest wanted =
        Requests.of("wanted").setModel(model).setGuidanceScale(3).setSteps(7).build();
    JobRun alone = new JobRun(stack).send(wanted).serveAll(1);
    JobRun amongOthers = new JobRun(stack);
    for (int i = 0; i < 16; i++) {
      if (i == 8) {
        amongOthers.send(wanted);
      }
      GenerationRequest other = mixed(i);
      other.setModel(model);
      amongOthers.send(other);
    }

    Map<String, String> all = amongOthers.serveAll(1).digests();

    assertThat(all).hasSize(17);
    assertThat(all).containsAllEntriesOf(alone.digests());
  }

  @Test
  void theParallelismDoesNotChangeAnImage() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun one = new JobRun(stack);
    JobRun three = new JobRun(stack);
    for (int i = 0; i < 8; i++) {
      one.send(mixed(i));
      three.send(mixed(i));
    }

    assertThat(three.serveAll(3).digests()).isEqualTo(one.serveAll(1).digests());
  }

  @Test
  void whatIsNoRequestIsRejectedWithItsBytesAndTheRestIsServed() throws Exception {
    byte[] garbage = {1, 2, 3};
    byte[] otherSchema = HexFormat.of().parseHex("c3010102030405060708ff");
    byte[] cut = withoutEnd(Requests.of("cut").build());
    JobRun job = new JobRun(stack).with(GenerateOptions.MAX_REQUEST_SIZE, new MemorySize(4096));
    job.sendBytes(garbage, otherSchema, cut, new byte[0], new byte[5000]);
    job.send(Requests.of("good").build());

    job.serveAll(2);

    assertThat(job.digests()).containsOnlyKeys("good/0");
    Map<String, RejectReason> reasons =
        job.rejected().stream()
            .collect(
                Collectors.toMap(
                    reject -> HexFormat.of().formatHex(reject.getOriginal().array()),
                    RejectedRequest::getReason));
    assertThat(reasons)
        .containsEntry(HexFormat.of().formatHex(garbage), RejectReason.MALFORMED)
        .containsEntry(HexFormat.of().formatHex(otherSchema), RejectReason.UNKNOWN_SCHEMA)
        .containsEntry(HexFormat.of().formatHex(cut), RejectReason.MALFORMED)
        .containsEntry("", RejectReason.MALFORMED)
        .containsEntry(HexFormat.of().formatHex(new byte[5000]), RejectReason.TOO_LARGE)
        .hasSize(5);
  }

  @Test
  void aRequestThatTheModelFailsOnIsRejectedAndThoseInItsBatchAreServed() throws Exception {
    Path models = directory.resolve("failing-models");
    FailingModels.exportFailingDenoiser(models, 7);
    GenerationRequest[] good = new GenerationRequest[4];
    Arrays.setAll(good, i -> Requests.of("good-" + i).setLabels(List.of(i)).build());
    // The files name their bundle, and these are two.
    JobRun healthy = new JobRun(stack).with(GenerateOptions.IMAGE_METADATA, false).send(good);
    JobRun failing =
        new JobRun(stack)
            .with(GenerateOptions.IMAGE_METADATA, false)
            .with(GenerateOptions.MODEL_DIRECTORY, models.toString())
            .send(Requests.of("bad").setLabels(List.of(7)).build())
            .send(good);

    failing.serveAll(1);

    assertThat(failing.digests()).hasSize(4).isEqualTo(healthy.serveAll(1).digests());
    assertThat(failing.rejected())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getRequestId()).isEqualTo("bad");
              assertThat(reject.getReason()).isEqualTo(RejectReason.OTHER);
              assertThat(reject.getMessage()).startsWith("The denoiser fails on image 0, alone");
            });
  }

  @Test
  void anImageThatIsNotFiniteIsRejectedAndCounted() throws Exception {
    Path models = directory.resolve("nan-models");
    FailingModels.exportNaNDenoiser(models, 7);
    JobRun run =
        new JobRun(stack)
            .with(GenerateOptions.MODEL_DIRECTORY, models.toString())
            .send(Requests.of("r").setLabels(List.of(3, 7, 4)).build());

    JobID job = run.start(1);
    run.awaitImages(2);

    AwaitedMetric.reaches(stack, job, "Progress.reason.not_finite.rejects", 1);
    stack.flink().cluster().cancelJob(job).get();
    assertThat(run.images()).extracting(GeneratedImage::getIndex).containsExactlyInAnyOrder(0, 2);
    assertThat(run.rejected())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.NOT_FINITE);
              assertThat(reject.getMessage()).contains("image 1 (denoiser, step 1 of 4)");
              assertThat(reject.getMessage()).endsWith("(2 of 3 images are done)");
            });
    assertThat(run.progress())
        .last()
        .satisfies(
            last -> {
              assertThat(last.getState()).isEqualTo(RequestState.REJECTED);
              assertThat(last.getImagesDone()).isEqualTo(2);
            });
  }

  @Test
  void aRejectNamesFieldValueAndWhatIsAllowed() throws Exception {
    JobRun job = new JobRun(stack).send(Requests.of("steps").setSteps(1_000_000).build());

    RejectedRequest reject = job.serveAll(1).rejected().get(0);

    assertThat(reject.getReason()).isEqualTo(RejectReason.INVALID_FIELD);
    assertThat(reject.getField()).isEqualTo("steps");
    assertThat(reject.getValue()).isEqualTo("1000000");
    assertThat(reject.getAllowed()).isEqualTo("1 to 1000");
    assertThat(reject.getRequestId()).isEqualTo("steps");
    assertThat(reject.getSource()).contains("@0");
  }

  @Test
  void aRequestPastItsDeadlineIsDroppedBetweenSteps() throws Exception {
    GenerationRequest late =
        Requests.of("late")
            .setSampler("ddpm")
            .setSteps(1000)
            .setImagesPerLabel(40)
            .setDeadline(Instant.now().plusSeconds(5))
            .build();
    JobRun job = new JobRun(stack).send(late, Requests.of("other").build());

    job.serveAll(1);

    assertThat(job.digests()).containsOnlyKeys("other/0");
    assertThat(job.rejected())
        .extracting(RejectedRequest::getReason)
        .containsExactly(RejectReason.DEADLINE_EXCEEDED);
    assertThat(job.progress())
        .extracting(RequestProgress::getState)
        .contains(RequestState.RUNNING, RequestState.EXPIRED);
  }

  @Test
  void aFileAboveTheThresholdLiesAtTheUriOfItsRecord() throws Exception {
    Path files = directory.resolve("files");
    JobRun job =
        new JobRun(stack)
            .with(GenerateOptions.CLAIM_CHECK_THRESHOLD, new MemorySize(100))
            .with(GenerateOptions.CLAIM_CHECK_DIRECTORY, files.toUri().toString())
            .send(Requests.of("large").build());

    GeneratedImage image = job.serveAll(1).images().get(0);

    assertThat(image.getBytes()).isNull();
    byte[] content = Files.readAllBytes(Path.of(URI.create(image.getUri())));
    assertThat(content).hasSize((int) image.getSize());
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)))
        .isEqualTo(image.getSha256());
  }

  @Test
  void aRunningJobShowsTheMetricsOfTheReadme() throws Exception {
    JobRun run = new JobRun(stack).send(Requests.of("first").build());
    JobID job = run.start(1);
    run.awaitBegun("first");

    AwaitedMetric.reaches(stack, job, "Decode.imagesDone", 1);

    JobMetrics metrics = new JobMetrics(stack.flink().dashboard());
    assertThat(metrics.mean(job, "Denoise.rowsPerBatch")).isEqualTo(1);
    assertThat(metrics.values(job, "Denoise.imageSteps")).containsExactly(4.0);
    Matcher rows =
        Pattern.compile("\\| `([A-Z]\\w+\\.\\w+)` \\| (\\w+) \\|")
            .matcher(Files.readString(Path.of("../jobs/README.md")));
    while (rows.find()) {
      String name = rows.group(1) + (rows.group(2).equals("histogram") ? "_mean" : "");
      assertThat(metrics.values(job, name)).as(name).isNotEmpty();
    }
    stack.flink().cluster().cancelJob(job).get();
  }

  /** One of many requests that differ in everything. */
  private static GenerationRequest mixed(int i) {
    String[] samplers = {"ddpm", "ddim", "dpm++"};
    return Requests.of("mixed-" + i)
        .setLabels(List.of(i % 10))
        .setSeed(100 + i)
        .setSampler(samplers[i % 3])
        .setSteps(3 + i % 5)
        .setGuidanceScale(i % 2 == 0 ? 1 : 2.5)
        .build();
  }

  private static byte[] withoutEnd(GenerationRequest request) {
    byte[] whole = RecordCodec.of(GenerationRequest.class).encode(request);
    return Arrays.copyOf(whole, whole.length - 20);
  }
}
