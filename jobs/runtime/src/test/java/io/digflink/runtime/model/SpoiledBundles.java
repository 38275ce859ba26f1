package io.digflink.runtime.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.ModelManifest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** Bundles whose weights are not what training made of them. */
public final class SpoiledBundles {
  private static final String LABEL_TABLE = "y_embedder/table";

  private SpoiledBundles() {}

  /**
   * Makes the first weight of a label's embedding NaN in an fp32 bundle: the denoiser then gives
   * NaN for this label and for no other. The bundle is sealed again.
   */
  public static void makeLabelNaN(Path bundle, int label) throws IOException {
    TensorProto table = labelTable(bundle.resolve(ModelManifest.DENOISER));
    long offset = 0;
    String data = null;
    for (StringStringEntryProto entry : table.getExternalDataList()) {
      switch (entry.getKey()) {
        case "offset" -> offset = Long.parseLong(entry.getValue());
        case "location" -> data = entry.getValue();
        default -> {}
      }
    }
    try (RandomAccessFile file = new RandomAccessFile(bundle.resolve(data).toFile(), "rw")) {
      file.seek(offset + label * table.getDims(1) * Float.BYTES);
      file.writeInt(Integer.reverseBytes(Float.floatToIntBits(Float.NaN)));
    }
    BundleDirectory.seal(bundle, BundleDirectory.open(bundle).manifest());
  }

  private static TensorProto labelTable(Path graph) throws IOException {
    return ModelProto.parseFrom(Files.readAllBytes(graph)).getGraph().getInitializerList().stream()
        .filter(weight -> weight.getName().endsWith(LABEL_TABLE))
        .findAny()
        .orElseThrow(() -> new IOException("Expected a weight " + LABEL_TABLE + " in " + graph));
  }
}
