package io.digflink.tests.support;

import static io.digflink.lab.faults.GraphSurgery.FLOAT;
import static io.digflink.lab.faults.GraphSurgery.INT64;
import static io.digflink.lab.faults.GraphSurgery.cast;
import static io.digflink.lab.faults.GraphSurgery.integer;
import static io.digflink.lab.faults.GraphSurgery.integers;
import static io.digflink.lab.faults.GraphSurgery.node;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.digflink.bundle.ModelManifest;
import io.digflink.lab.faults.GraphSurgery;
import io.digflink.runtime.model.SpoiledBundles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Variants of the test model that fail on some images. Those whose runs fail have nodes in front
 * that look up row 1 of a table of one row, and for all other images row 0, which adds nothing.
 */
public final class FailingModels {
  private FailingModels() {}

  /** Exports a bundle whose denoiser fails on a label. */
  public static void exportFailingDenoiser(Path modelDirectory, int label) throws IOException {
    TestModels.exportPlain(modelDirectory);
    GraphSurgery.insert(
        modelDirectory.resolve(TestModels.PLAIN),
        ModelManifest.DENOISER,
        "label",
        List.of(
            node("Equal", "fails", "label", "failing"),
            cast("row", "fails", INT64),
            node("Gather", "nothing", "table", "row"),
            node("Add", "label.checked", "label", "nothing")),
        List.of(integers("failing", label), integers("table", 0)));
  }

  /** Exports a bundle with a NaN weight, whose denoiser gives NaN for a label. */
  public static void exportNaNDenoiser(Path modelDirectory, int label) throws IOException {
    TestModels.exportPlain(modelDirectory);
    SpoiledBundles.makeLabelNaN(modelDirectory.resolve(TestModels.PLAIN), label);
  }

  /** Exports a bundle whose decoder fails where the first value of a latent is positive. */
  public static void exportFailingDecoder(Path modelDirectory) throws IOException {
    TensorProto zero =
        TensorProto.newBuilder()
            .setName("zero")
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .addFloatData(0)
            .build();
    TestModels.exportPlain(modelDirectory);
    GraphSurgery.insert(
        modelDirectory.resolve(TestModels.PLAIN),
        ModelManifest.DECODER,
        "latent",
        List.of(
            node("Reshape", "flat", "latent", "flat.shape"),
            node("Gather", "first", "flat", "table").toBuilder()
                .addAttribute(integer("axis", 1))
                .build(),
            node("Greater", "fails", "first", "zero"),
            cast("row", "fails", INT64),
            node("Gather", "looked.up", "table", "row"),
            cast("nothing", "looked.up", FLOAT),
            node("ReduceMax", "nothing.at.all", "nothing"),
            node("Add", "latent.checked", "latent", "nothing.at.all")),
        List.of(integers("flat.shape", 0, -1), integers("table", 0), zero));
  }
}
