package io.digflink.k8s.manifest;

import io.digflink.k8s.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Renders an overlay with kustomize, or with the kustomize that kubectl carries. */
public final class Kustomize {
  private final List<String> command;

  private Kustomize(List<String> command) {
    this.command = command;
  }

  /** The program where this machine has it. */
  public static Optional<Kustomize> find() {
    if (Programs.isInstalled("kustomize")) {
      return Optional.of(new Kustomize(List.of("kustomize", "build")));
    }
    return Programs.isInstalled("kubectl")
        ? Optional.of(new Kustomize(List.of("kubectl", "kustomize")))
        : Optional.empty();
  }

  /** The objects of a kustomization. */
  public List<Manifest> render(Path folder) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(command);
    arguments.add(folder.toString());
    return Manifest.parse("rendered " + folder.getFileName(), Programs.output(arguments));
  }
}
