package io.digflink.runtime.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The bundles of a model directory, by name. Several may have the same name: they are its versions,
 * and the one whose directory's name sorts last is served by that name. What cannot be read is
 * refused, and the rest is there.
 */
public final class ModelCatalog {
  private final SortedMap<String, List<Version>> versions = new TreeMap<>();
  private final SortedMap<String, String> refused = new TreeMap<>();

  /**
   * A bundle that was found.
   *
   * @param name the model's name
   * @param digest digest of the bundle
   * @param path its directory
   */
  public record Version(String name, String digest, Path path) {}

  private ModelCatalog() {}

  /**
   * Reads the names of the bundles in a directory, each in a directory of its own, or the name of
   * the one bundle if the directory is a bundle itself. The graphs are not read yet.
   *
   * @throws IOException if there is no bundle that can be read
   */
  public static ModelCatalog open(Path directory) throws IOException {
    return Files.isDirectory(directory)
        ? list(directory).requireSome(directory.toString())
        : new ModelCatalog().requireSome(directory.toString());
  }

  /**
   * Does the same for a directory that may have no bundles.
   *
   * @throws IOException if the directory cannot be read
   */
  public static ModelCatalog list(Path directory) throws IOException {
    if (isBundle(directory)) {
      return of(List.of(directory), Map.of());
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return of(entries.filter(ModelCatalog::isBundle).sorted().toList(), Map.of());
    }
  }

  /**
   * Reads the names of bundles beside others that were refused already.
   *
   * @param paths directories of the bundles, the versions of a name in their order
   * @param refused why others are refused, by their places
   */
  public static ModelCatalog of(Collection<Path> paths, Map<String, String> refused) {
    ModelCatalog catalog = new ModelCatalog();
    catalog.refused.putAll(refused);
    for (Path path : paths) {
      catalog.add(path);
    }
    return catalog;
  }

  /**
   * This catalogue, unless it has no bundle that can be read.
   *
   * @param origin where the bundles come from, for messages
   * @throws BundleException if there is none, with what was refused
   */
  public ModelCatalog requireSome(String origin) throws BundleException {
    if (versions.isEmpty()) {
      throw none(origin);
    }
    return this;
  }

  private BundleException none(String origin) {
    if (refused.size() == 1) {
      return new BundleException(refused.get(refused.firstKey()));
    }
    return new BundleException(
        refused.isEmpty()
            ? "Expected model bundles in "
                + origin
                + ", found none: give a directory that \"dig export\" wrote, or one that contains such directories"
            : "Expected model bundles in " + origin + ", found none to serve: " + refused);
  }

  private static boolean isBundle(Path directory) {
    return Files.isRegularFile(directory.resolve(BundleDirectory.MANIFEST));
  }

  private void add(Path path) {
    try {
      BundleDirectory bundle = BundleDirectory.open(path);
      String name = bundle.manifest().name();
      versions
          .computeIfAbsent(name, key -> new ArrayList<>())
          .add(new Version(name, bundle.digest(), path));
    } catch (BundleException e) {
      refused.put(path.toString(), e.getMessage());
    }
  }

  /** Names, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(versions.keySet());
  }

  /** All versions of all names; of a name the one that is served comes last. */
  public List<Version> versions() {
    return versions.values().stream().flatMap(List::stream).toList();
  }

  /** Why other bundles are refused, by their directories. */
  public SortedMap<String, String> refused() {
    return Collections.unmodifiableSortedMap(refused);
  }

  /**
   * Directory of a bundle, or nothing.
   *
   * @param model a name, or a reference to one version
   */
  public Optional<Path> pathOf(String model) {
    ModelReference reference = ModelReference.of(model);
    List<Version> found =
        versions.getOrDefault(reference.name(), List.of()).stream()
            .filter(version -> reference.isFor(version.name(), version.digest()))
            .collect(Collectors.toList());
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(found.size() - 1).path());
  }

  /**
   * A bundle, or nothing.
   *
   * @param model a name, or a reference to one version
   * @throws IOException if it differs from its manifest
   */
  public Optional<ModelBundle> find(String model) throws IOException {
    Optional<Path> path = pathOf(model);
    return path.isEmpty() ? Optional.empty() : Optional.of(ModelBundle.open(path.get()));
  }
}
