package io.digflink.lab.faults;

import io.digflink.cli.audit.Audit;
import io.digflink.cli.audit.AuditReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A job under load, what is done to it, and what came of it. */
public final class FaultRun implements AutoCloseable {
  private static final Duration LONGEST_RECOVERY = Duration.ofSeconds(240);
  private static final Duration LONGEST_DRAIN = Duration.ofMinutes(6);
  private static final int LONGEST_PAUSE_MILLIS = 1_500;
  private static final List<String> OPTIONS = List.of("--checkpoint.interval=1 s");

  private final FaultStack stack;
  private final String name;
  private final Path models;
  private final List<String> options;
  private final LoadClient client;
  private final Random random;
  private final List<Double> recoverySeconds = new ArrayList<>();
  private RunningJob job;
  private StepMeter meter;
  private double stepsRedone;
  private int fewestInFlight = Integer.MAX_VALUE;
  private int faults;

  /**
   * What a run is made of.
   *
   * @param name of its topics, group and transactions
   * @param models directory of the bundle that is asked for
   * @param undisturbed digests that the images must have, by kind and index; null: none is known
   * @param underWay requests that are sent and not answered
   * @param limit most requests to send
   * @param options of the job, besides those of every run
   */
  public record Plan(
      String name,
      Path models,
      Workload workload,
      Map<String, String> undisturbed,
      int underWay,
      int limit,
      List<String> options) {

    /** Of a job with the options of every run. */
    public Plan(
        String name,
        Path models,
        Workload workload,
        Map<String, String> undisturbed,
        int underWay,
        int limit) {
      this(name, models, workload, undisturbed, underWay, limit, List.of());
    }

    /** The same with other bundles and another limit. */
    Plan with(Path otherModels, int otherLimit) {
      return new Plan(name, otherModels, workload, undisturbed, underWay, otherLimit, options);
    }

    /** The same with other options of the job. */
    public Plan with(List<String> otherOptions) {
      return new Plan(name, models, workload, undisturbed, underWay, limit, otherOptions);
    }

    private List<String> allOptions() {
      return Stream.concat(OPTIONS.stream(), options.stream()).toList();
    }
  }

  private FaultRun(FaultStack stack, Plan plan, LoadClient client, RunningJob job) {
    this.stack = stack;
    this.name = plan.name();
    this.models = plan.models();
    this.options = plan.allOptions();
    this.client = client;
    this.random = new Random(plan.name().hashCode());
    this.job = job;
    this.meter = new StepMeter(job);
  }

  /** Submits a job of two subtasks and begins to send. */
  public static FaultRun start(FaultStack stack, Plan plan)
      throws IOException, InterruptedException {
    RunTopics topics = stack.createTopics(plan.name());
    RunningJob job = stack.submit(plan.name(), plan.models(), 2, null, plan.allOptions());
    LoadClient client =
        new LoadClient(
            stack.kafka().client(),
            topics,
            new LoadClient.Load(
                new Answers(plan.workload(), plan.undisturbed()),
                LoadClient.Pace.underWay(plan.underWay()),
                plan.limit(),
                image -> {}));
    return new FaultRun(stack, plan, client, job);
  }

  public FaultStack stack() {
    return stack;
  }

  /** The topics of the run. */
  RunTopics topics() {
    return RunTopics.of(name);
  }

  public RunningJob job() {
    return job;
  }

  public LoadClient client() {
    return client;
  }

  /** A TaskManager that denoises now, one by chance. */
  public String anyTaskManager() throws IOException, InterruptedException {
    List<String> all = job.taskManagers();
    return all.get(random.nextInt(all.size()));
  }

  /**
   * Strikes in mid-trajectory, and waits until a checkpoint is complete that was begun after it:
   * then all of the job works again.
   */
  public void strike(Fault fault) throws Exception {
    awaitMidTrajectory();
    TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
    int inFlight = awaitMidTrajectory();
    fewestInFlight = Math.min(fewestInFlight, inFlight);
    double steps = meter.rate() * (System.currentTimeMillis() - job.latestCheckpoint()) / 1e3;
    long struck = System.currentTimeMillis();
    long since = fault.strike(this);
    faults++;
    Wait.until(
        "a checkpoint after a fault in run " + name,
        LONGEST_RECOVERY,
        () -> {
          client.check();
          return job.latestCheckpoint() > since;
        });
    if (fault.losesSteps() && job.latestRestore() > struck) {
      stepsRedone += steps;
    }
    recoverySeconds.add((System.currentTimeMillis() - since) / 1e3);
    fault.tidyUp(this);
  }

  /**
   * Waits until images are in flight now, and requests had begun and were not done in the last
   * checkpoint whose results are visible: what it holds of them goes on in mid-trajectory.
   *
   * @return images in flight
   */
  private int awaitMidTrajectory() throws InterruptedException {
    int[] inFlight = new int[2];
    Wait.until(
        () ->
            String.format(
                "trajectories in flight and in a checkpoint of run %s (now %d in flight on %d"
                    + " subtasks, %d requests under way in the checkpoint, %d of %d answered)",
                name,
                inFlight[0],
                inFlight[1],
                client.answers().running(),
                client.answers().answered(),
                client.sent()),
        LONGEST_RECOVERY,
        () -> {
          client.check();
          inFlight[0] = (int) job.sum("Denoise.imagesInFlight");
          inFlight[1] = job.taskManagers().size();
          return inFlight[0] > 0 && client.answers().running() > 0 && inFlight[1] > 1;
        });
    return inFlight[0];
  }

  /** Goes on with the job from a savepoint, at another parallelism. */
  public void goOn(String savepoint, int parallelism) throws IOException, InterruptedException {
    meter.close();
    job = stack.submit(name, models, parallelism, savepoint, options);
    meter = new StepMeter(job);
  }

  /** Sends nothing more, waits for all answers, ends the job and judges. */
  public FaultFigures end(String fault) throws Exception {
    return end(fault, false);
  }

  /**
   * The same after a fault that answers do not survive which are in the topics already: {@code dig
   * audit} judges what is left of them, since the client has read them before.
   */
  FaultFigures endAfterLoss(String fault) throws Exception {
    return end(fault, true);
  }

  private FaultFigures end(String fault, boolean afterLoss) throws Exception {
    client.stopSending();
    awaitAnswers();
    long failed = Math.round(job.sum("Denoise.failedRuns"));
    long outOfMemory = Math.round(job.sum("Denoise.outOfMemory"));
    job.cancel();
    Verdict verdict = client.judge();
    AuditReport audit = audit();
    // Each judges the other: this harness knows what it sent, the audit reads it from the topics.
    if (afterLoss) {
      verdict = verdict.withLost(audit.lost());
    } else if ((audit.lost() == 0) != (verdict.lost() == 0)
        || (audit.twice() == 0) != (verdict.twice() == 0)) {
      throw new IllegalStateException(
          "Expected the audit to find what the harness finds, " + verdict + ", found\n" + audit);
    }
    return new FaultFigures(
        fault,
        faults,
        faults == 0 ? 0 : fewestInFlight,
        verdict,
        recoverySeconds,
        client.answers().steps(),
        Math.round(stepsRedone),
        failed,
        outOfMemory,
        audit.copies(),
        !afterLoss);
  }

  private AuditReport audit() throws IOException, InterruptedException, ExecutionException {
    Path directory = Files.createTempDirectory(stack.directory(), "audit");
    RunTopics topics = topics();
    return Audit.run(
        new Audit.Question(
            stack.kafka().client(),
            name,
            topics.requests(),
            topics.images(),
            topics.progress(),
            topics.rejected(),
            null,
            null,
            Duration.ZERO),
        directory,
        Audit.Listener.NONE);
  }

  /** Waits until everything that was sent is answered; less is for the judge to tell. */
  public void awaitAnswers() throws InterruptedException, ExecutionException {
    try {
      Wait.until(
          "all answers of run " + name,
          LONGEST_DRAIN,
          () -> client.answers().answered() >= client.sent());
    } catch (IllegalStateException late) {
      client.check();
    }
  }

  @Override
  public void close() {
    meter.close();
    client.close();
  }
}
