package io.digflink.k8s.manifest;

import io.digflink.k8s.K8sFolder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Kustomizations as kustomize renders them, once each: rendering takes longer than any check. */
public final class Rendered {
  private static final Map<Path, List<Manifest>> RENDERED = new HashMap<>();

  private Rendered() {}

  /** The objects of an overlay. */
  public static List<Manifest> overlay(String name) throws Exception {
    return folder("overlays/" + name);
  }

  /** The objects of a folder of this module. */
  public static List<Manifest> folder(String name) throws Exception {
    return folder(K8sFolder.path().resolve(name));
  }

  /** The objects of a kustomization anywhere. */
  public static synchronized List<Manifest> folder(Path folder) throws Exception {
    if (!RENDERED.containsKey(folder)) {
      RENDERED.put(folder, Kustomize.require().render(folder));
    }
    return RENDERED.get(folder);
  }

  /** An overlay's FlinkDeployments. */
  public static List<Manifest> deployments(String overlay) throws Exception {
    return overlay(overlay).stream()
        .filter(manifest -> manifest.kind().equals("FlinkDeployment"))
        .toList();
  }

  /** The object of a kind and a name. */
  public static Manifest one(List<Manifest> manifests, String kind, String name) {
    return manifests.stream()
        .filter(manifest -> manifest.kind().equals(kind) && manifest.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("There is no " + kind + " " + name));
  }
}
