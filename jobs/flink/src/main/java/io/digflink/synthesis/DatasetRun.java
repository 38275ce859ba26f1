package io.digflink.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.model.UnservableException;
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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Makes the data set that a command's options ask for, or completes it. */
public final class DatasetRun {
  /** Exit code: the data set is complete. */
  public static final int OK = 0;

  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int INCOMPLETE = 3;

  private final SynthesisOptions options;
  private final ModelsSource models;
  private final SynthesisCluster.Start cluster;
  private final PrintStream console;

  /** Finds the directory of the model bundles. */
  @FunctionalInterface
  public interface ModelsSource {
    /** The directory, with the bundles in it. */
    Path resolve() throws IOException;
  }

  /**
   * @param console where progress is reported
   */
  public DatasetRun(
      SynthesisOptions options,
      ModelsSource models,
      SynthesisCluster.Start cluster,
      PrintStream console) {
    this.options = options;
    this.models = models;
    this.cluster = cluster;
    this.console = console;
  }

  /**
   * Runs and reports what is wrong.
   *
   * @return the command's exit code
   */
  public int execute(PrintWriter err) throws Exception {
    if (options.exampleSpec()) {
      console.print(SpecReader.example());
      return OK;
    }
    try {
      if (options.spec() == null || options.out() == null) {
        throw new SpecException("Expected --spec FILE and --out DIR; --example-spec prints a FILE");
      }
      return synthesize(SpecReader.read(options.spec()));
    } catch (SpecException | IllegalArgumentException e) {
      return fail(err, USAGE, e);
    } catch (IOException | UncheckedIOException e) {
      return fail(err, FAILED, e);
    }
  }

  private static int fail(PrintWriter err, int code, Exception failure) {
    err.println(failure.getMessage());
    err.flush();
    return code;
  }

  private int synthesize(SynthesisSpec specification) throws Exception {
    ModelCatalog catalog = ModelCatalog.open(models.resolve());
    ModelBundle model = find(catalog, specification);
    DatasetPlan drawn =
        specification.requests() == null ? SpecPlan.of(specification, model.manifest()) : null;
    LatentShape shape = latentShape(specification, model);
    Path dataset = options.out().toAbsolutePath().normalize();
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
          options.settings(
              catalog.pathOf(model.name()).orElseThrow(),
              new DatasetSettings(
                  dataset.toString(),
                  specification.output().format(),
                  info(specification, model, plan, shape)));
      try (SynthesisCluster flink = cluster.start()) {
        return report(new Synthesis(directory, plan, settings, flink, console).run());
      }
    }
  }

  /** The plan of a topic's requests, which are copied at the first start. */
  private DatasetPlan requested(SynthesisSpec.Requests requests, WorkFiles files)
      throws IOException, InterruptedException, SpecException {
    if (!Files.exists(files.requests())) {
      Properties client = options.kafkaClient();
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

  private int report(Manifest manifest) {
    console.printf("%,d images in %s%n", manifest.images(), options.out());
    if (manifest.failed() == 0) {
      return OK;
    }
    console.printf(
        "%,d images failed: see %s%n", manifest.failed(), options.out().resolve("failed.jsonl"));
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
    if (image == null) {
      return model.latentShape();
    }
    try {
      return model.capabilities().latentOf(image.height(), image.width());
    } catch (UnservableException e) {
      throw new SpecException(e);
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
}
