package io.digflink.lab.load;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.lab.bench.JsonFile;
import io.digflink.lab.bench.Spread;
import io.digflink.lab.faults.Answers;
import io.digflink.lab.faults.FaultStack;
import io.digflink.lab.faults.LoadClient;
import io.digflink.lab.faults.RunTopics;
import io.digflink.lab.faults.RunningJob;
import io.digflink.lab.faults.SmallDisk;
import io.digflink.lab.faults.Workload;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench checkpoints}: what a checkpoint each ten seconds costs. */
@Command(
    name = "checkpoints",
    mixinStandardHelpOptions = true,
    description = {
      "Denoising steps per second of a job with a checkpoint every ten seconds, compared with none.",
      "One job on a cluster of processes is kept full of equal requests, and no checkpoint is taken"
          + " but those asked for: windows with and without take turns."
    })
public final class CheckpointBench implements Callable<Integer> {
  private static final String NAME = "checkpoints";
  private static final double GOAL = 0.97;

  /** Requests are alike, so that a step is as much work in every window. */
  private static final int KINDS = 1;

  /** More than the measurement takes, and less than the brokers' transactions last. */
  private static final String NEVER = "14 min";

  private static final int INTERVAL_SECONDS = 10;
  private static final int CHECKPOINTS = 2;
  private static final int REQUESTS = 20_000;
  private static final int WARM_UP_SECONDS = 30;
  private static final int FETCH_SECONDS = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rounds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Pairs of windows of 20 seconds, 1 to 16 (default: ${DEFAULT-VALUE}).")
  private int rounds = 8;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * A window of either kind.
   *
   * @param with steps a second with checkpoints
   * @param without steps a second without
   */
  record Round(double with, double without) {
    double ratio() {
      return with / without;
    }
  }

  /**
   * What was measured.
   *
   * @param ratio steps of all windows with checkpoints over those of all without
   * @param spread of the rounds' ratios
   */
  record Figures(double ratio, Spread spread, List<Round> rounds) {}

  @Override
  public Integer call() throws Exception {
    if (rounds > 16) {
      throw new ParameterException(
          spec.commandLine(), "Expected --rounds of 1 to 16, found " + rounds);
    }
    PrintWriter out = spec.commandLine().getOut();
    Path bundles = models.resolve(out::println);
    Path directory = Files.createTempDirectory("dig-checkpoints");
    try (SmallDisk disk = SmallDisk.folder(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk)) {
      List<Round> measured = measure(stack, bundles, out);
      Figures figures = figures(measured);
      out.printf(
          Locale.ROOT,
          "ratio %.3f, of single rounds %.3f to %.3f; goal %.2f%n",
          figures.ratio(),
          figures.spread().least(),
          figures.spread().greatest(),
          GOAL);
      out.flush();
      json.write(figures);
      return 0;
    } finally {
      PathUtils.deleteDirectory(directory);
    }
  }

  private static Figures figures(List<Round> rounds) {
    double with = rounds.stream().mapToDouble(Round::with).sum();
    double without = rounds.stream().mapToDouble(Round::without).sum();
    return new Figures(
        with / without, Spread.of(rounds.stream().map(Round::ratio).toList()), rounds);
  }

  private List<Round> measure(FaultStack stack, Path bundles, PrintWriter out) throws Exception {
    RunTopics topics = stack.createTopics(NAME);
    LoadClient.Load load =
        new LoadClient.Load(
            new Answers(Workload.of(bundles, KINDS), null),
            (sent, answered) -> true,
            REQUESTS,
            image -> {});
    List<Round> measured = new ArrayList<>();
    try (LoadClient client = new LoadClient(stack.kafka().client(), topics, load)) {
      RunningJob job =
          stack.submit(NAME, bundles, 2, null, List.of("--checkpoint.interval=" + NEVER));
      TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
      for (int i = 0; i < rounds; i++) {
        boolean withFirst = i % 2 == 0;
        double first = window(job, withFirst);
        double second = window(job, !withFirst);
        Round round = withFirst ? new Round(first, second) : new Round(second, first);
        measured.add(round);
        client.check();
        out.printf(
            Locale.ROOT,
            "round %d of %d: %.1f steps/s with checkpoints, %.1f without%n",
            i + 1,
            rounds,
            round.with(),
            round.without());
        out.flush();
      }
      if (job.sum("Denoise.requestsWaiting") == 0) {
        throw new IllegalStateException("Expected a full job to the end: send more requests");
      }
      job.cancel();
    }
    return measured;
  }

  /** Steps a second over a window, with a checkpoint at the start of each interval or without. */
  private static double window(RunningJob job, boolean withCheckpoints)
      throws IOException, InterruptedException {
    double before = steps(job);
    long start = System.nanoTime();
    for (int i = 0; i < CHECKPOINTS; i++) {
      if (withCheckpoints) {
        job.takeCheckpoint();
      }
      TimeUnit.SECONDS.sleep(INTERVAL_SECONDS);
    }
    double steps = steps(job) - before;
    return steps / ((System.nanoTime() - start) / 1e9);
  }

  /** Steps until now: a question is answered with what the one before it has fetched. */
  private static double steps(RunningJob job) throws IOException, InterruptedException {
    job.sum("Denoise.imageSteps");
    TimeUnit.SECONDS.sleep(FETCH_SECONDS);
    return job.sum("Denoise.imageSteps");
  }
}
