package io.digflink.export.graph;

import io.digflink.bundle.ModelManifest;

/** Operator domains, each with the op-set version that the exporter writes. */
public enum Domain {
  /**
   * Standard operators. Version 20 is the first with Gelu; everything in it has kernels on ONNX
   * Runtime's CPU and CUDA providers.
   */
  ONNX("", 20),
  /** ONNX Runtime's own operators. */
  MICROSOFT("com.microsoft", 1),
  /** The custom operators of this project, each with a function body. */
  DIG(ModelManifest.OpDomain.NAME, ModelManifest.OpDomain.VERSION);

  private final String id;
  private final int version;

  Domain(String id, int version) {
    this.id = id;
    this.version = version;
  }

  /** Its name in a model. */
  public String id() {
    return id;
  }

  /** Op-set version. */
  public int version() {
    return version;
  }
}
