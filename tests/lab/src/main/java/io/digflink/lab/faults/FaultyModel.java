package io.digflink.lab.faults;

import static io.digflink.lab.faults.GraphSurgery.INT64;
import static io.digflink.lab.faults.GraphSurgery.cast;
import static io.digflink.lab.faults.GraphSurgery.integers;
import static io.digflink.lab.faults.GraphSurgery.node;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.digflink.bundle.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;

/** A model whose runs fail now and then inside ONNX Runtime, and else are those of the original. */
public enum FaultyModel {
  /** One run in a hundred, by chance, looks up what is not there. */
  ERROR_ONCE_IN_A_HUNDRED {
    @Override
    List<NodeProto> checks() {
      NodeProto random =
          node("RandomUniform", "random").toBuilder()
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("shape")
                      .setType(AttributeProto.AttributeType.INTS)
                      .addInts(1))
              .build();
      return List.of(
          random,
          node("Less", "fails", "random", "once.in.a.hundred"),
          cast("row", "fails", INT64),
          node("Gather", "nothing", "table", "row"),
          node("Add", INPUT + ".checked", INPUT, "nothing"));
    }

    @Override
    List<TensorProto> constants() {
      return List.of(integers("table", 0), single("once.in.a.hundred", 0.01f));
    }
  },

  /** Runs of more than four rows ask for 2^62 bytes, which no machine has. */
  OUT_OF_MEMORY_ABOVE_FOUR_ROWS {
    @Override
    List<NodeProto> checks() {
      return List.of(
          node("Shape", "rows", INPUT),
          node("Greater", "too.many", "rows", "most.rows"),
          cast("factor", "too.many", INT64),
          node("Mul", "size", "factor", "huge"),
          node("ConstantOfShape", "allocated", "size"),
          node("Size", "allocated.size", "allocated"),
          node("Mul", "nothing", "allocated.size", "zero"),
          node("Add", INPUT + ".checked", INPUT, "nothing"));
    }

    @Override
    List<TensorProto> constants() {
      return List.of(integers("most.rows", 4), integers("huge", 1L << 60), integers("zero", 0));
    }
  };

  private static final String INPUT = "label";

  abstract List<NodeProto> checks();

  abstract List<TensorProto> constants();

  private static TensorProto single(String name, float value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .addDims(1)
        .addFloatData(value)
        .build();
  }

  /**
   * Makes the model.
   *
   * @param bundles directory with the original
   * @param name of the bundle
   * @param directory for all such models
   * @return the directory of this one's bundle, which has the original's name
   */
  public Path make(Path bundles, String name, Path directory) throws IOException {
    Path made = Files.createDirectories(directory.resolve(name()));
    Path bundle = made.resolve(name);
    FileUtils.copyDirectory(bundles.resolve(name).toFile(), bundle.toFile());
    GraphSurgery.insert(bundle, ModelManifest.DENOISER, INPUT, checks(), constants());
    return made;
  }
}
