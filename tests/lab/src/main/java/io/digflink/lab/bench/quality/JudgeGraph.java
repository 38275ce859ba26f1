package io.digflink.lab.bench.quality;

import static io.digflink.export.graph.ElementType.FLOAT32;

import io.digflink.export.arch.Parameters;
import io.digflink.export.checkpoint.StateDict;
import io.digflink.export.graph.Attributes;
import io.digflink.export.graph.Domain;
import io.digflink.export.graph.GraphBuilder;
import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The recipe's {@code Classifier}, its batch normalisations merged into the convolutions: input
 * {@code image} [N, 1, 32, 32] in [−1, 1] to outputs {@code features} [N, 128] and {@code logits}
 * [N, 10].
 *
 * <pre>
 * image ─ conv, conv ─ pool ─ conv, conv ─ pool ─ conv ─ pool ─ linear ─┬─ features
 *                                                                       └─ linear ─ logits
 * </pre>
 */
final class JudgeGraph {
  private static final String FILE = "judge.onnx";
  private static final int FEATURES = 128;

  private final GraphBuilder graph = new GraphBuilder(FILE, FLOAT32);
  private final Parameters parameters;

  private JudgeGraph(Parameters parameters) {
    this.parameters = parameters;
  }

  /** Writes the graph into a directory and returns its file. */
  static Path write(StateDict weights, Path directory) throws IOException {
    Parameters parameters = Parameters.of(weights);
    JudgeGraph judge = new JudgeGraph(parameters);
    judge.emit();
    parameters.check(
        "a judge of bench quality", List.of("real."), "Make it with export_judge.py of train.");
    judge.graph.write(directory, bytes -> {});
    return directory.resolve(FILE);
  }

  private void emit() {
    String side = "" + Judge.SIDE;
    Value x = graph.input("image", FLOAT32, "N", "1", side, side);
    x = conv("body.0.0", x, 1, 32);
    x = pool("body.2", conv("body.1.0", x, 32, 32));
    x = conv("body.4.0", x, 32, 64);
    x = pool("body.6", conv("body.5.0", x, 64, 64));
    x = pool("body.9", conv("body.8.0", x, 64, 128));
    x = graph.root().at("body.10").reshape(x, 0, -1); // (N, 128 · 4 · 4)
    Value features = relu("body.13", linear("body.12", x, 128 * 4 * 4, FEATURES));
    graph.output("features", features, "N", "" + FEATURES);
    graph.output(
        "logits", linear("head", features, FEATURES, Judge.CLASSES), "N", "" + Judge.CLASSES);
  }

  private Value conv(String name, Value x, int in, int out) {
    Scope scope = graph.root().at(name);
    Value weight =
        graph.weight(scope.at("weight"), parameters.take(name + ".weight", out, in, 3, 3));
    Value bias = graph.weight(scope.at("bias"), parameters.take(name + ".bias", out));
    return relu(name, scope.conv(x, weight, bias, 3, 1, 1, 1));
  }

  private Value linear(String name, Value x, int in, int out) {
    Scope scope = graph.root().at(name);
    Value weight = graph.weight(scope.at("weight"), parameters.take(name + ".weight", out, in));
    Value bias = graph.weight(scope.at("bias"), parameters.take(name + ".bias", out));
    return scope.linear(x, weight, bias);
  }

  private Value relu(String name, Value x) {
    return graph.root().at(name).unary("Relu", x);
  }

  private Value pool(String name, Value x) {
    return graph
        .root()
        .at(name)
        .node(
            Domain.ONNX,
            "MaxPool",
            FLOAT32,
            List.of(x),
            Attributes.integers("kernel_shape", 2, 2),
            Attributes.integers("strides", 2, 2));
  }
}
