package io.digflink.tests.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.operators.BuiltLibrary;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import io.digflink.runtime.session.SessionPool;
import io.digflink.schemas.GenerationRequest;
import io.digflink.tests.support.AwaitedMetric;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.MemorySize;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The path of several GPUs, on a CPU that counts as several devices, and a device's budget. */
@Timeout(180)
class TwoDevicesITCase {
  @TempDir private static Path directory;
  private static EmbeddedStack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void eachSubtaskHasSessionsOfItsOwnAndTheImagesAreTheSame() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    JobRun one = send(new JobRun(stack), 16, "plain");
    JobRun two = send(new JobRun(stack).with(GenerateOptions.DEVICE, "cpu:5,6"), 16, "plain");
    one.serveAll(1);
    int before = SessionPool.shared().size();
    List<Device> devices = Devices.of("cpu:5,6");

    JobID job = two.start(2);
    two.awaitImages(16);

    assertThat(SessionPool.shared().size()).isEqualTo(before + 4);
    for (Device device : devices) {
      assertThat(SessionPool.shared().figures(device).sessionsOpened()).isEqualTo(2);
      assertThat(SessionPool.shared().figures(device).runNanos()).isPositive();
    }
    for (String device : List.of("cpu-5", "cpu-6")) {
      AwaitedMetric.reaches(stack, job, "Denoise.device." + device + ".sessionsOpened", 2);
    }
    stack.flink().cluster().cancelJob(job).get();
    stack.flink().cluster().requestJobResult(job).get();
    assertThat(SessionPool.shared().size()).isEqualTo(before);
    assertThat(two.digests()).isEqualTo(one.digests());
  }

  @Test
  void moreModelsThanFitTakeTurnsOnADevice() throws Exception {
    BuiltLibrary.require(); // the function bodies round otherwise in other batches
    Path models = directory.resolve("many");
    String[] names = {"a", "b", "c", "d", "e"};
    long needed = 0;
    for (String name : names) {
      needed = Versions.first(models, name).memoryOn(Device.CPU);
    }
    long budget = 2 * needed;
    JobRun unlimited = send(many(models), 40, names).serveAll(1);
    Device device = Device.of("cpu:7");

    JobRun limited =
        send(many(models), 40, names)
            .with(GenerateOptions.DEVICE, "cpu:7")
            .with(GenerateOptions.MODELS_MEMORY, new MemorySize(budget))
            .serveAll(1);

    assertThat(limited.digests()).hasSize(40).isEqualTo(unlimited.digests());
    assertThat(limited.rejected()).isEmpty();
    assertThat(SessionPool.shared().figures(device).mostReservedBytes())
        .isLessThanOrEqualTo(budget)
        .isGreaterThan(needed);
    assertThat(SessionPool.shared().figures(device).sessionsOpened()).isGreaterThan(10);
  }

  private static JobRun many(Path models) throws InterruptedException {
    return new JobRun(stack).with(GenerateOptions.MODEL_DIRECTORY, models.toString());
  }

  private static JobRun send(JobRun job, int requests, String... models)
      throws InterruptedException {
    return job.send(
        IntStream.range(0, requests)
            .mapToObj(
                i ->
                    Requests.of("r" + i)
                        .setModel(models[i % models.length])
                        .setSeed(i)
                        .setSteps(3 + i % 5)
                        .setGuidanceScale(1 + i % 2)
                        .build())
            .toArray(GenerationRequest[]::new));
  }
}
