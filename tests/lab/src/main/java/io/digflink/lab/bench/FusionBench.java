package io.digflink.lab.bench;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.digflink.bundle.Precision;
import io.digflink.cli.PositiveNumber;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench fusions}: what each custom operator's kernel brings to a whole run. */
@Command(
    name = "fusions",
    mixinStandardHelpOptions = true,
    description =
        "One run of the denoiser with every custom operator's kernel, and with one operator after"
            + " the other as its function body on ONNX Runtime's own kernels.")
final class FusionBench implements Callable<Integer> {
  private static final String ALL = "all kernels";

  @Spec private CommandSpec spec;

  @Option(
      names = "--models",
      converter = PresetName.class,
      split = ",",
      paramLabel = "PRESET",
      description = "Presets (default: ${DEFAULT-VALUE}).")
  private List<String> models = List.of("DiG-S/2");

  @Option(
      names = "--size",
      converter = PositiveNumber.class,
      paramLabel = "PIXELS",
      description = "Side of the images (default: ${DEFAULT-VALUE}).")
  private int size = 256;

  @Option(
      names = "--batch",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Images a run (default: ${DEFAULT-VALUE}).")
  private int batch = 32;

  @Mixin private RunOptions options;

  @Option(
      names = "--precision",
      paramLabel = "fp16|fp32|fp8",
      description = "Number format of the models (default: ${DEFAULT-VALUE}).")
  private Precision precision = Precision.FP16;

  @Mixin private JsonFile json;

  /**
   * What one run takes.
   *
   * @param without the operator whose function body ran, or {@link #ALL}
   */
  record Figures(String model, String without, double milliseconds) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Device place = options.device();
    out.printf(
        "%s, %s, %d² of batch %d, median of %d runs%n",
        place, precision, size, batch, options.runs());
    out.println("| model | without the kernel of | ms | slower by |");
    out.println("| --- | --- | --- | --- |");
    List<Figures> figures = new ArrayList<>();
    Path directory = Files.createTempDirectory("dig-bench-");
    try {
      for (String model : models) {
        Path path = directory.resolve(model.replace('/', '-'));
        ModelBundle bundle = RandomBundle.export(model, precision, Optional.empty(), path);
        double all = milliseconds(bundle, place);
        add(figures, new Figures(model, ALL, all), all);
        ModelProto graph = read(path);
        for (String operator : operators(graph)) {
          Files.write(path.resolve("denoiser.onnx"), without(graph, operator).toByteArray());
          add(figures, new Figures(model, operator, milliseconds(bundle, place)), all);
        }
      }
    } finally {
      PathUtils.deleteDirectory(directory);
    }
    json.write(figures);
    return 0;
  }

  private void add(List<Figures> figures, Figures measured, double all) {
    figures.add(measured);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "| %s | %s | %.2f | %.2f ms |%n",
        measured.model(),
        measured.without().equals(ALL) ? "" : measured.without(),
        measured.milliseconds(),
        measured.milliseconds() - all);
    out.flush();
  }

  private double milliseconds(ModelBundle bundle, Device place) throws Exception {
    try (DenoiserSession session = bundle.openDenoiser(place, 0)) {
      RowBatch rows = DenoiserFigures.rows(bundle, size, batch);
      return options.medianMilliseconds(() -> session.run(rows));
    }
  }

  private static ModelProto read(Path bundle) throws IOException {
    try (InputStream in = Files.newInputStream(bundle.resolve("denoiser.onnx"))) {
      return ModelProto.parseFrom(in);
    }
  }

  private static Iterable<String> operators(ModelProto model) {
    TreeSet<String> names = new TreeSet<>();
    for (NodeProto node : model.getGraph().getNodeList()) {
      if (node.getDomain().equals("dig")) {
        names.add(node.getOpType());
      }
    }
    return names;
  }

  /** The model with one operator in a domain for which no kernel is registered. */
  private static ModelProto without(ModelProto model, String operator) {
    String domain = "dig.body";
    ModelProto.Builder changed = model.toBuilder();
    changed.addOpsetImportBuilder().setDomain(domain).setVersion(1);
    changed
        .getFunctionsBuilderList()
        .forEach(
            function -> {
              if (function.getName().equals(operator)) {
                function.setDomain(domain);
              }
            });
    for (NodeProto.Builder node : changed.getGraphBuilder().getNodeBuilderList()) {
      if (node.getDomain().equals("dig") && node.getOpType().equals(operator)) {
        node.setDomain(domain);
      }
    }
    return changed.build();
  }
}
