package io.digflink.runtime.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The bundles of a model directory, by name. */
public final class ModelCatalog {
  private final SortedMap<String, Path> bundles;

  private ModelCatalog(SortedMap<String, Path> bundles) {
    this.bundles = bundles;
  }

  /**
   * Reads the names of the bundles in a directory, each in a directory of its own, or the name of
   * the one bundle if the directory is a bundle itself. The graphs are not read yet.
   *
   * @throws IOException if there are none, one cannot be read, or two have the same name
   */
  public static ModelCatalog open(Path directory) throws IOException {
    List<Path> paths = List.of();
    if (isBundle(directory)) {
      paths = List.of(directory);
    } else if (Files.isDirectory(directory)) {
      try (Stream<Path> entries = Files.list(directory)) {
        paths = entries.filter(ModelCatalog::isBundle).sorted().toList();
      }
    }
    return of(paths, directory.toString());
  }

  /**
   * Reads the names of bundles.
   *
   * @param paths directories of the bundles
   * @param origin where they come from, for messages
   * @throws IOException if there are none, one cannot be read, or two have the same name
   */
  public static ModelCatalog of(Collection<Path> paths, String origin) throws IOException {
    SortedMap<String, Path> bundles = new TreeMap<>();
    for (Path path : paths) {
      add(bundles, path);
    }
    if (bundles.isEmpty()) {
      throw new BundleException(
          "Expected model bundles in "
              + origin
              + ", found none: give a directory that \"dig export\" wrote, or one that contains such directories");
    }
    return new ModelCatalog(bundles);
  }

  private static boolean isBundle(Path directory) {
    return Files.isRegularFile(directory.resolve(BundleDirectory.MANIFEST));
  }

  private static void add(SortedMap<String, Path> bundles, Path path) throws IOException {
    String name = BundleDirectory.open(path).manifest().name();
    Path other = bundles.put(name, path);
    if (other != null) {
      throw new BundleException(
          "Expected bundles of different names, found two named "
              + name
              + " in "
              + other
              + " and "
              + path
              + ": remove one of them");
    }
  }

  /** Names, sorted. */
  public Set<String> names() {
    return bundles.keySet();
  }

  /** Directory of the bundle of a name, or nothing. */
  public Optional<Path> pathOf(String name) {
    return Optional.ofNullable(bundles.get(name));
  }

  /**
   * The bundle of a name, or nothing.
   *
   * @throws IOException if it differs from its manifest
   */
  public Optional<ModelBundle> find(String name) throws IOException {
    Path path = bundles.get(name);
    return path == null ? Optional.empty() : Optional.of(ModelBundle.open(path));
  }
}
