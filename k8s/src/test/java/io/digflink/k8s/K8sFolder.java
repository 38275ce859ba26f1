package io.digflink.k8s;

import java.nio.file.Files;
import java.nio.file.Path;

/** The folders that the tests read: of this module, and of the repository around it. */
public final class K8sFolder {
  private static final Path MODULE = Path.of("").toAbsolutePath();

  private K8sFolder() {}

  /** The module's folder, which is where Maven runs its tests. */
  public static Path path() {
    if (!Files.exists(MODULE.resolve("base/kustomization.yaml"))) {
      throw new IllegalStateException("Run the tests in the folder k8s, not in " + MODULE);
    }
    return MODULE;
  }

  /** The repository's root. */
  public static Path repository() {
    return path().getParent();
  }
}
