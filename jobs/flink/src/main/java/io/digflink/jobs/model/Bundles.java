package io.digflink.jobs.model;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The bundles that are served at a moment. Immutable. */
public final class Bundles {
  static final Bundles NONE = new Bundles(List.of(), Map.of());

  private final SortedMap<String, ModelBundle> byName = new TreeMap<>();
  private final Map<String, ModelBundle> byDigest = new HashMap<>();
  private final List<ModelBundle> all;
  private final SortedMap<String, String> refused;

  /**
   * @param all verified bundles; of a name the last one is served by it
   * @param refused why others are refused, by their directories
   */
  Bundles(List<ModelBundle> all, Map<String, String> refused) {
    this.all = List.copyOf(all);
    this.refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
    for (ModelBundle bundle : all) {
      byName.put(bundle.name(), bundle);
      byDigest.put(bundle.digest(), bundle);
    }
  }

  /** All versions of all models. */
  public List<ModelBundle> all() {
    return all;
  }

  /** The version of each model that is served by its name. */
  public SortedMap<String, ModelBundle> byName() {
    return Collections.unmodifiableSortedMap(byName);
  }

  /** Why other bundles are refused, by their directories. */
  public SortedMap<String, String> refused() {
    return refused;
  }

  /** What a request asks for, by a name or a reference to one version. */
  public Optional<ModelBundle> find(String model) {
    ModelReference reference = ModelReference.of(model);
    if (reference.digest() == null) {
      return Optional.ofNullable(byName.get(model));
    }
    return version(reference.digest()).filter(bundle -> bundle.name().equals(reference.name()));
  }

  /** The bundle of a digest. */
  public Optional<ModelBundle> version(String digest) {
    return Optional.ofNullable(byDigest.get(digest));
  }

  /** What the bundles say of themselves, by all that a request may ask for. */
  public Map<String, ModelManifest> manifests() {
    Map<String, ModelManifest> manifests = new TreeMap<>();
    byName.forEach((name, bundle) -> manifests.put(name, bundle.manifest()));
    all.forEach(bundle -> manifests.put(bundle.reference().toString(), bundle.manifest()));
    return manifests;
  }

  /** The same without one bundle. */
  Bundles without(ModelBundle bundle, String reason) {
    List<ModelBundle> rest = new ArrayList<>(all);
    rest.remove(bundle);
    Map<String, String> reasons = new TreeMap<>(refused);
    reasons.put(bundle.path().toString(), reason);
    return new Bundles(rest, reasons);
  }
}
