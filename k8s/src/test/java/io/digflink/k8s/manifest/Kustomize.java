package io.digflink.k8s.manifest;

import io.digflink.k8s.Programs;
import io.digflink.tools.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Renders overlays with the kustomize inside kubectl. */
public final class Kustomize {
  private final String kubectl;

  private Kustomize(String kubectl) {
    this.kubectl = kubectl;
  }

  /** Finds kubectl; skips the test where there is none, or one too old to know components. */
  public static Kustomize require() {
    return new Kustomize(Tool.require("kubectl"));
  }

  /** The objects of a kustomization. */
  public List<Manifest> render(Path folder) throws IOException, InterruptedException {
    return Manifest.parse(
        "rendered " + folder.getFileName(),
        Programs.output(List.of(kubectl, "kustomize", folder.toString())));
  }
}
