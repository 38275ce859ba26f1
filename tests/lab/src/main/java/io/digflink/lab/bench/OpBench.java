package io.digflink.lab.bench;

import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionPool;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench op}: the operator GatedLinearAttention beside ONNX Runtime's LinearAttention. */
@Command(
    name = "op",
    mixinStandardHelpOptions = true,
    description =
        "Time of dig.GatedLinearAttention, gates and all, and of com.microsoft.LinearAttention with"
            + " the decays given, in this process; heads of 32 and 64, fp32 on the CPU, fp16 on a"
            + " GPU. Host to host.")
final class OpBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--shapes",
      split = ";",
      paramLabel = "B,T,H",
      description = "Batch, tokens and heads (default: ${DEFAULT-VALUE}).")
  private List<String> shapes = List.of("8,256,6", "2,1024,18");

  @Mixin private RunOptions options;

  @Mixin private JsonFile json;

  /** Medians of one shape. */
  record Figures(String shape, double microseconds, double ownMicroseconds, double ratio) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    SessionPool.shared(); // starts ONNX Runtime
    Device place = options.device();
    List<Figures> figures = new ArrayList<>();
    out.println("| B,T,H | LinearAttention (us) | GatedLinearAttention (us) | ratio |");
    out.println("| --- | --- | --- | --- |");
    for (String shape : shapes) {
      AttentionShape parsed = AttentionShape.parse(shape);
      double theirs;
      double ours;
      try (OpSession session = OpSession.linearAttention(parsed, place)) {
        theirs = session.medianMicroseconds(options);
      }
      try (OpSession session = OpSession.gatedLinearAttention(parsed, place)) {
        ours = session.medianMicroseconds(options);
      }
      figures.add(new Figures(shape, theirs, ours, theirs / ours));
      out.printf(Locale.ROOT, "| %s | %.0f | %.0f | %.1f |%n", shape, theirs, ours, theirs / ours);
      out.flush();
    }
    json.write(figures);
    return 0;
  }
}
