package io.digflink.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.cli.ModelDirectory;
import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.jobs.decode.DecodeSettings;
import io.digflink.jobs.denoise.DenoiseSettings;
import io.digflink.jobs.kafka.ClientProperties;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.synthesis.dataset.DatasetCheck;
import io.digflink.synthesis.dataset.DatasetSettings;
import io.digflink.synthesis.dataset.Manifest;
import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.job.SynthesisSettings;
import io.digflink.synthesis.plan.DatasetPlan;
import io.digflink.synthesis.plan.SpecPlan;
import io.digflink.synthesis.plan.TopicPlan;
import io.digflink.synthesis.plan.TopicSnapshot;
import io.digflink.synthesis.spec.SpecException;
import io.digflink.synthesis.spec.SpecReader;
import io.digflink.synthesis.spec.SynthesisSpec;
import io.digflink.synthesis.store.OutputDirectory;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dig synthesize}: makes a labelled data set of a specification. */
@Command(
    name = "synthesize",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a labelled data set. Stopped at any moment, the same command goes on where it was; the"
          + " finished directory is the same, byte for byte, at any parallelism.",
      "On a cluster: flink run -c io.digflink.synthesis.SynthesizeCommand JAR --cluster --spec FILE"
          + " --out DIR --models DIR, with these paths the same on every machine."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the data set is complete",
      "1:it is not; the message says why",
      "2:wrong options or specification",
      "3:it is complete but for the images listed in failed.jsonl"
    })
public final class SynthesizeCommand implements Callable<Integer> {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int INCOMPLETE = 3;
  private static final int MAX_IN_FLIGHT_BATCHES = 2;

  // The second try has only failed images, on sessions of its own: a broken device opens none.
  private static final int LONGEST_FAILURE_STREAK = Integer.MAX_VALUE;

  @Spec private CommandSpec command;

  @Option(names = "--spec", paramLabel = "FILE", description = "Specification in YAML.")
  private Path spec;

  @Option(names = "--out", paramLabel = "DIR", description = "Directory of the data set.")
  private Path out;

  @Option(names = "--example-spec", description = "Print a commented specification and stop.")
  private boolean exampleSpec;

  @Mixin private ModelDirectory models;

  @Option(
      names = "--device",
      defaultValue = "auto",
      description = "cpu, cuda, cuda:N or auto. Default: ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--parallelism",
      defaultValue = "1",
      description = "Subtasks, each with a denoiser of its own. Default: ${DEFAULT-VALUE}.")
  private int parallelism;

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "Threads of one run on a CPU; 0: one a core. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--batch-rows",
      defaultValue = "32",
      description =
          "Most rows of one denoiser run; a guided image takes two. Default: ${DEFAULT-VALUE}.")
  private int batchRows;

  @Option(
      names = "--kafka-properties",
      paramLabel = "FILE",
      description =
          "Properties file with further settings of the Kafka client that reads the requests of a"
              + " topic, such as TLS and SASL.")
  private Path kafkaProperties;

  @Option(
      names = "--cluster",
      description = "Run on the Flink cluster that this program was submitted to.")
  private boolean cluster;

  private final PrintStream console;

  /** A command that tells its progress on standard output. */
  public SynthesizeCommand() {
    this(System.out);
  }

  SynthesizeCommand(PrintStream console) {
    this.console = console;
  }

  /** Runs the command by itself, as a job's main class. */
  public static void main(String[] arguments) {
    int code = new CommandLine(new SynthesizeCommand()).execute(arguments);
    if (code != OK) {
      System.exit(code);
    }
  }

  @Override
  public Integer call() throws Exception {
    if (exampleSpec) {
      console.print(SpecReader.example());
      return OK;
    }
    try {
      if (spec == null || out == null) {
        throw new SpecException("Expected --spec FILE and --out DIR; --example-spec prints a FILE");
      }
      return synthesize(SpecReader.read(spec));
    } catch (SpecException | IllegalArgumentException e) {
      return fail(USAGE, e);
    } catch (IOException e) {
      return fail(FAILED, e);
    }
  }

  private int fail(int code, Exception failure) {
    PrintWriter err = command.commandLine().getErr();
    err.println(failure.getMessage());
    err.flush();
    return code;
  }

  private int synthesize(SynthesisSpec specification) throws Exception {
    ModelCatalog catalog = ModelCatalog.open(models.resolve(console::println));
    ModelBundle model = find(catalog, specification);
    DatasetPlan drawn =
        specification.requests() == null ? SpecPlan.of(specification, model.manifest()) : null;
    LatentShape shape = latentShape(specification, model);
    Path dataset = out.toAbsolutePath().normalize();
    try (OutputDirectory directory =
        OutputDirectory.open(dataset, identity(specification, model))) {
      if (directory.isComplete()) {
        DatasetCheck.verify(dataset, directory.manifest());
        console.println(dataset + " is complete already, and its files are what was written");
        return directory.manifest().path("failed").asLong() == 0 ? OK : INCOMPLETE;
      }
      DatasetPlan plan =
          drawn == null ? requested(specification.requests(), directory.files()) : drawn;
      SynthesisSettings settings =
          settings(
              catalog.pathOf(model.name()).orElseThrow(),
              new DatasetSettings(
                  dataset.toString(),
                  specification.output().format(),
                  info(specification, model, plan, shape)));
      return tell(cluster ? onCluster(directory, plan, settings) : here(directory, plan, settings));
    }
  }

  /** The plan of a topic's requests, which are copied at the first start. */
  private DatasetPlan requested(SynthesisSpec.Requests requests, WorkFiles files)
      throws IOException, InterruptedException, SpecException {
    if (!Files.exists(files.requests())) {
      Properties client =
          kafkaProperties == null
              ? new Properties()
              : ClientProperties.read("--kafka-properties", kafkaProperties);
      client.setProperty("bootstrap.servers", requests.bootstrapServers());
      TopicSnapshot.take(client, requests.topic(), files, files.requests());
    }
    DatasetPlan plan = new TopicPlan(files.requests());
    if (plan.images() == 0) {
      Files.delete(files.requests()); // there may be some at the next start
      throw new SpecException(
          "Expected requests for images in " + requests.topic() + ", found none");
    }
    return plan;
  }

  private Manifest onCluster(
      OutputDirectory directory, DatasetPlan plan, SynthesisSettings settings)
      throws IOException, InterruptedException {
    Supplier<StreamExecutionEnvironment> environments =
        StreamExecutionEnvironment::getExecutionEnvironment;
    return new Synthesis(directory, plan, settings, environments, console).run();
  }

  private Manifest here(OutputDirectory directory, DatasetPlan plan, SynthesisSettings settings)
      throws Exception {
    Path temporary = Files.createTempDirectory("dig-synthesize");
    try (EmbeddedFlink flink = EmbeddedFlink.start(parallelism, temporary)) {
      URI dashboard = flink.dashboard();
      console.println("Dashboard: " + dashboard);
      Supplier<StreamExecutionEnvironment> environments =
          () ->
              StreamExecutionEnvironment.createRemoteEnvironment(
                  dashboard.getHost(), dashboard.getPort());
      return new Synthesis(directory, plan, settings, environments, console).run();
    } finally {
      PathUtils.deleteDirectory(temporary);
    }
  }

  private int tell(Manifest manifest) {
    console.printf("%,d images in %s%n", manifest.images(), out);
    if (manifest.failed() == 0) {
      return OK;
    }
    console.printf("%,d images failed: see %s%n", manifest.failed(), out.resolve("failed.jsonl"));
    return INCOMPLETE;
  }

  private ModelBundle find(ModelCatalog catalog, SynthesisSpec specification)
      throws SpecException, IOException {
    ModelBundle model =
        catalog
            .find(specification.model())
            .orElseThrow(
                () ->
                    new SpecException(
                        "model is "
                            + specification.model()
                            + "; expected one of "
                            + String.join(", ", catalog.names())));
    if (!model.hasDecoder()) {
      throw new SpecException(
          "model is " + model.name() + ", which has no decoder: export it again with --vae");
    }
    return model;
  }

  private static ObjectNode identity(SynthesisSpec specification, ModelBundle model)
      throws IOException {
    ObjectNode identity = WorkFiles.JSON.createObjectNode();
    identity.set("spec", WorkFiles.JSON.readTree(SpecReader.canonical(specification)));
    identity.putObject("model").put("name", model.name()).put("bundle_digest", model.digest());
    return identity;
  }

  private static LatentShape latentShape(SynthesisSpec specification, ModelBundle model)
      throws SpecException {
    SynthesisSpec.ImageFile image = specification.image();
    if (image == null || image.width() == null) {
      return model.latentShape();
    }
    try {
      return model.latentShape(image.height(), image.width());
    } catch (IllegalArgumentException e) {
      throw new SpecException("image: " + e.getMessage());
    }
  }

  private static DatasetInfo info(
      SynthesisSpec specification, ModelBundle model, DatasetPlan plan, LatentShape shape) {
    int scale = model.imageScale();
    return new DatasetInfo(
        new ShardLayout(plan.images(), specification.output().shardSize()),
        DatasetInfo.classNames(model.manifest()),
        specification.output().latents(),
        shape.channels(),
        scale,
        shape.width() * scale,
        shape.height() * scale);
  }

  private SynthesisSettings settings(Path bundle, DatasetSettings dataset) {
    return new SynthesisSettings(
        new ModelSettings(bundle.toAbsolutePath().toString(), device, threads),
        new DenoiseSettings(
            batchRows,
            MAX_IN_FLIGHT_BATCHES * batchRows,
            MAX_IN_FLIGHT_BATCHES * batchRows,
            LONGEST_FAILURE_STREAK),
        new DecodeSettings(
            Math.max(1, batchRows / 4), Long.MAX_VALUE, null, LONGEST_FAILURE_STREAK),
        dataset,
        parallelism);
  }
}
