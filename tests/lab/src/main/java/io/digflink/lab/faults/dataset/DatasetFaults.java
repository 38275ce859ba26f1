package io.digflink.lab.faults.dataset;

import io.digflink.lab.faults.FaultGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What befalls {@code dig synthesize}: every directory must be that of an undisturbed run. */
public final class DatasetFaults implements FaultGroup {
  private static final List<String> FORMATS =
      List.of("npz", "imagefolder", "webdataset", "parquet");
  private static final int TIMES = 2;

  private final List<Choice> choices;

  /** A fault by its name, and how often it is done in each format. */
  private record Choice(String name, DatasetFault fault, int times, List<String> formats) {}

  /**
   * @param kills of the process for each format
   */
  public DatasetFaults(int kills) {
    choices =
        Stream.concat(
                FORMATS.stream()
                    .map(
                        format ->
                            new Choice(
                                "dataset-kill-" + format,
                                DatasetFault.KILL,
                                kills,
                                List.of(format))),
                Stream.of(
                    new Choice("dataset-lock", DatasetFault.SECOND_RUN, 1, FORMATS),
                    new Choice("dataset-disk-full", DatasetFault.DISK_FULL, TIMES, FORMATS),
                    new Choice("dataset-read-only", DatasetFault.READ_ONLY, TIMES, FORMATS)))
            .toList();
  }

  @Override
  public List<String> names() {
    return choices.stream().map(Choice::name).toList();
  }

  @Override
  public void run(Set<String> chosen, Stage stage) throws Exception {
    for (Choice choice : choices) {
      if (chosen.contains(choice.name())) {
        run(choice, stage);
      }
    }
  }

  private static void run(Choice choice, Stage stage) throws Exception {
    Path directory = Files.createDirectories(stage.directory().resolve(choice.name()));
    Optional<String> missing =
        choice.fault().isOfDisks() ? LoopDisk.missing(directory) : Optional.empty();
    if (missing.isPresent()) {
      stage.says().accept(choice.name() + " is left out: " + missing.get());
      return;
    }
    Score score = new Score();
    for (String format : choice.formats()) {
      DatasetTrial trial =
          DatasetTrial.begin(directory.resolve(format), stage.bundles(), format, score);
      int most = score.faults() + choice.times();
      while (score.faults() < most) {
        Path out = trial.newDirectory();
        choice.fault().makeDespite(trial, most, out);
        trial.judge(out);
      }
    }
    String formats = choice.formats().size() == 1 ? choice.formats().get(0) : "all formats";
    stage.figures().accept(score.figures(choice.fault().description() + ", " + formats));
  }
}
