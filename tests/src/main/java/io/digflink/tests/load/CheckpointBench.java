package io.digflink.tests.load;

import io.digflink.cli.ModelDirectory;
import io.digflink.tests.bench.JsonFile;
import io.digflink.tests.faults.Answers;
import io.digflink.tests.faults.CheckpointDisk;
import io.digflink.tests.faults.FaultStack;
import io.digflink.tests.faults.LoadClient;
import io.digflink.tests.faults.RunTopics;
import io.digflink.tests.faults.RunningJob;
import io.digflink.tests.faults.Workload;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench checkpoints}: what a checkpoint each ten seconds costs. */
@Command(
    name = "checkpoints",
    mixinStandardHelpOptions = true,
    description = {
      "Denoising steps a second of the job with a checkpoint each ten seconds over those without.",
      "A cluster of processes is kept full; the two take turns: with, without, without, with."
    })
public final class CheckpointBench implements Callable<Integer> {
  private static final int KINDS = 24;

  /** More than the measurement takes, and less than the brokers' transactions last. */
  private static final String NEVER = "14 min";

  private static final String USUAL = "10 s";
  private static final int REQUESTS = 4_000;
  private static final int WARM_UP_SECONDS = 12;
  private static final int FETCH_SECONDS = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Seconds of each of the four measurements (default: ${DEFAULT-VALUE}).")
  private int seconds = 40;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param with steps a second of the two measurements with checkpoints
   * @param without steps a second of the two without
   * @param ratio mean with over mean without
   */
  record Figures(List<Double> with, List<Double> without, double ratio) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path bundles = models.resolve(out::println);
    Path directory = Files.createTempDirectory("dig-checkpoints");
    try (CheckpointDisk disk = CheckpointDisk.folder(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk)) {
      Figures figures = measure(stack, bundles);
      out.print(text(figures));
      out.flush();
      json.write(figures);
      return 0;
    } finally {
      PathUtils.deleteDirectory(directory);
    }
  }

  private Figures measure(FaultStack stack, Path bundles) throws Exception {
    Workload workload = Workload.of(bundles, KINDS);
    double with1 = measure(stack, "with-1", bundles, workload, USUAL);
    double without1 = measure(stack, "without-1", bundles, workload, NEVER);
    double without2 = measure(stack, "without-2", bundles, workload, NEVER);
    double with2 = measure(stack, "with-2", bundles, workload, USUAL);
    return new Figures(
        List.of(with1, with2),
        List.of(without1, without2),
        (with1 + with2) / (without1 + without2));
  }

  private static String text(Figures figures) {
    return String.format(
        Locale.ROOT,
        "%-32s%.1f, %.1f steps/s%n%-32s%.1f, %.1f steps/s%n%-32s%.3f%n",
        "a checkpoint each " + USUAL,
        figures.with().get(0),
        figures.with().get(1),
        "no checkpoint",
        figures.without().get(0),
        figures.without().get(1),
        "ratio",
        figures.ratio());
  }

  private double measure(
      FaultStack stack, String name, Path bundles, Workload workload, String interval)
      throws Exception {
    RunTopics topics = stack.createTopics(name);
    LoadClient.Load load =
        new LoadClient.Load(
            new Answers(workload, null), (sent, answered) -> true, REQUESTS, image -> {});
    try (LoadClient client = new LoadClient(stack.kafka().client(), topics, load)) {
      RunningJob job =
          stack.submit(name, bundles, 2, null, List.of("--checkpoint.interval=" + interval));
      TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
      double before = steps(job);
      long start = System.nanoTime();
      TimeUnit.SECONDS.sleep(seconds);
      client.check();
      double rate = (steps(job) - before) / ((System.nanoTime() - start) / 1e9);
      if (job.sum("Denoise.requestsWaiting") == 0) {
        throw new IllegalStateException("Expected a full job to the end: send more requests");
      }
      job.cancel();
      return rate;
    }
  }

  /** Steps until now: a question is answered with what the one before it has fetched. */
  private static double steps(RunningJob job) throws IOException, InterruptedException {
    job.sum("Denoise.imageSteps");
    TimeUnit.SECONDS.sleep(FETCH_SECONDS);
    return job.sum("Denoise.imageSteps");
  }
}
