package io.digflink.lab.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.cli.ProgressBar;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench pipeline}: what Kafka and Flink cost beside the sessions themselves. */
@Command(
    name = "pipeline",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Images per second of the whole job, compared with a bare loop.",
      "Both run in this process on the same sessions and take turns. The job's rate is taken once"
          + " its places in flight are filled; a round's ratio is to the mean of the loops before"
          + " and after."
    })
final class PipelineBench implements Callable<Integer> {
  private static final int STEPS = 20;
  private static final double GOAL = 0.95;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rounds",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of turns of both (default: ${DEFAULT-VALUE}).")
  private int rounds = 12;

  @Option(
      names = "--images",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of images per turn (default: ${DEFAULT-VALUE}).")
  private int images = 64;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description =
          "Guidance scale; every scale but 1 takes two rows per step (default:"
              + " ${DEFAULT-VALUE}).")
  private double guidanceScale = 1;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  /**
   * What was measured.
   *
   * @param images of a round
   * @param guidanceScale of every step
   * @param job images a second of the job
   * @param bareLoop images a second of the bare loop
   * @param ratio of the two, round by round
   * @param wholeRatio the same of whole requests, the filling of the places in flight included
   * @param cpuRatio processor seconds an image of the job over those of the loop, round by round: a
   *     machine that is slowed down by others changes it little
   */
  record Figures(
      String model,
      int images,
      int steps,
      double guidanceScale,
      Spread job,
      Spread bareLoop,
      Spread ratio,
      Spread wholeRatio,
      Spread cpuRatio,
      List<PipelineRounds.Round> rounds) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = models.resolve(out::println);
    ModelCatalog catalog = ModelCatalog.open(directory);
    ModelBundle bundle = catalog.find(catalog.names().iterator().next()).orElseThrow();
    Figures figures = figures(bundle, measure(directory, bundle, out));
    print(figures, out);
    json.write(figures);
    return 0;
  }

  private List<PipelineRounds.Round> measure(Path directory, ModelBundle bundle, PrintWriter out)
      throws Exception {
    out.println("Starting a Kafka broker, a Flink cluster and the job, and warming up …");
    out.flush();
    List<PipelineRounds.Round> measured = new ArrayList<>();
    try (PipelineRounds turns =
        new PipelineRounds(directory, bundle, images, STEPS, guidanceScale)) {
      ProgressBar bar = new ProgressBar(out, rounds, "rounds");
      for (int i = 0; i < rounds; i++) {
        PipelineRounds.Round round = turns.next();
        measured.add(round);
        bar.step(String.format(Locale.ROOT, "ratio %.3f", round.ratio()));
      }
    }
    return measured;
  }

  private Figures figures(ModelBundle bundle, List<PipelineRounds.Round> measured) {
    return new Figures(
        bundle.name(),
        images,
        STEPS,
        guidanceScale,
        spread(measured, PipelineRounds.Round::job),
        spread(measured, PipelineRounds.Round::bareLoop),
        spread(measured, PipelineRounds.Round::ratio),
        spread(measured, PipelineRounds.Round::wholeRatio),
        spread(measured, PipelineRounds.Round::cpuRatio),
        measured);
  }

  private static Spread spread(
      List<PipelineRounds.Round> measured, ToDoubleFunction<PipelineRounds.Round> figure) {
    return Spread.of(measured.stream().map(figure::applyAsDouble).toList());
  }

  private static void print(Figures figures, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%n%s, %d rounds of %d images of %d steps, guidance scale %.1f%n%n",
        figures.model(),
        figures.rounds().size(),
        figures.images(),
        figures.steps(),
        figures.guidanceScale());
    out.printf("%-30s%10s%10s%10s%n", "", "median", "least", "greatest");
    row(out, "whole job, images/s", "%10.2f", figures.job());
    row(out, "bare loop, images/s", "%10.2f", figures.bareLoop());
    row(out, "ratio", "%10.3f", figures.ratio());
    row(out, "ratio with filling up", "%10.3f", figures.wholeRatio());
    row(out, "processor time, job : loop", "%10.3f", figures.cpuRatio());
    out.printf(
        Locale.ROOT,
        "%nOf the bare loop's time %.0f %% are runs of the denoiser and %.0f %% runs of the"
            + " decoder.%nGoal: a ratio of %.2f or more; %s.%n",
        100 * spread(figures.rounds(), PipelineRounds.Round::denoiserShare).median(),
        100 * spread(figures.rounds(), PipelineRounds.Round::decoderShare).median(),
        GOAL,
        figures.ratio().median() >= GOAL ? "met" : "missed");
    out.flush();
  }

  private static void row(PrintWriter out, String name, String format, Spread spread) {
    out.printf(
        Locale.ROOT,
        "%-30s" + format + format + format + "%n",
        name,
        spread.median(),
        spread.least(),
        spread.greatest());
  }
}
