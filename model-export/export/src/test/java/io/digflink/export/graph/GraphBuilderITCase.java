package io.digflink.export.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.digflink.operators.OnnxRuntime;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphBuilderITCase {
  @TempDir Path directory;

  @Test
  void nodesAreNamedByTheirPaths() throws IOException {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N");
    graph.output("y", graph.root().at("blocks.0").at("attn").add(x, x), "N");

    assertThat(write(graph).getGraph().getNodeList())
        .extracting(NodeProto::getName)
        .containsExactly("/blocks.0/attn/Add", "/y/Identity");
  }

  @Test
  void aNameGivenTwiceIsRefused() {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N");
    graph.root().at("a").add(x, x);
    assertThatThrownBy(() -> graph.root().at("a").add(x, x))
        .hasMessage("The graph has two values named /a/Add; give one its own scope");
    assertThatThrownBy(() -> graph.input("x", ElementType.FLOAT32, "N"))
        .hasMessageContaining("two values named x");
  }

  @Test
  void joiningTwoTypesIsRefused() {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N");
    Value n = graph.input("n", ElementType.INT64, "N");
    assertThatThrownBy(() -> graph.root().at("sum").mul(x, n))
        .hasMessage("/sum/Mul joins x of FLOAT32 and n of INT64; cast one of them");
  }

  @Test
  void opsetImportsComeFromTheNodesUsed() throws IOException {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N", "4");
    graph.output("y", twice(graph, graph.root().at("a"), x), "N", "4");

    assertThat(write(graph).getOpsetImportList())
        .extracting(OperatorSetIdProto::getDomain)
        .containsExactlyInAnyOrder("", "dig");
  }

  @Test
  void aCustomOperatorRunsByItsFunctionBodyAndIsDefinedOnce() throws Exception {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N");
    Value once = twice(graph, graph.root().at("a"), x);
    graph.output("y", twice(graph, graph.root().at("b"), once), "N");

    assertThat(write(graph).getFunctionsList()).hasSize(1);
    assertThat(run(new float[] {1, 2})).containsExactly(4, 8);
  }

  @Test
  void weightsOfSeveralPiecesAreReadBackByOnnxRuntime() throws Exception {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT32);
    Value x = graph.input("x", ElementType.FLOAT32, "N");
    Weight first = Weight.of(() -> new float[] {10}, 1);
    Weight rest = Weight.of(() -> new float[] {20, 30}, 2);
    Weight both = Weight.concatenated(List.of(first, rest));
    Value padding = graph.weight(graph.root().at("padding"), first);
    Value w = graph.weight(graph.root().at("w"), both);
    Value sum = graph.root().at("sum").add(graph.root().add(x, w), padding);
    graph.output("y", sum, "N");
    write(graph);

    assertThat(run(new float[] {1, 2, 3})).containsExactly(21, 32, 43);
    assertThat(Files.size(directory.resolve("g.onnx.data"))).isEqualTo(4096 + 12);
  }

  @Test
  void aWeightBeyondFloat16IsNamed() {
    GraphBuilder graph = new GraphBuilder("g.onnx", ElementType.FLOAT16);
    graph.weight(graph.root().at("big"), Weight.of(() -> new float[] {1, 70_000}, 2));
    assertThatThrownBy(() -> graph.write(directory, bytes -> {}))
        .hasMessageContaining("/big has the element 70000.0, which float16 cannot hold")
        .hasMessageContaining("--precision fp32");
  }

  @Test
  void aTransposedWeightHasItsRowsAsColumns() {
    Weight weight = Weight.of(() -> new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transposed();
    assertThat(weight.shape()).containsExactly(3L, 2L);
    assertThat(weight.toArray()).containsExactly(1, 4, 2, 5, 3, 6);
  }

  private static Value twice(GraphBuilder graph, Scope scope, Value x) {
    return graph
        .customOperator(
            scope,
            "Twice",
            "plain",
            List.of(x),
            List.of(),
            function -> {
              Value in = function.input("in", x.type());
              return List.of(function.body().add(in, in));
            })
        .get(0);
  }

  private ModelProto write(GraphBuilder graph) throws IOException {
    graph.write(directory, bytes -> {});
    return ModelProto.parseFrom(Files.readAllBytes(directory.resolve("g.onnx")));
  }

  private float[] run(float[] x) throws OrtException {
    OrtEnvironment environment = OnnxRuntime.environment();
    try (OrtSession session = environment.createSession(directory.resolve("g.onnx").toString());
        OnnxTensor input =
            OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), new long[] {x.length});
        OrtSession.Result result = session.run(Map.of("x", input))) {
      return (float[]) result.get(0).getValue();
    }
  }
}
