package io.digflink.jobs.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import io.digflink.runtime.model.ModelCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens model directories on any file system that Flink reads, such as S3. ONNX Runtime maps
 * weights from local files, so a bundle that lies elsewhere is copied and verified first, under
 * {@code dig-models} in the directory for temporary files; it is named by its manifest's digest and
 * so copied once per machine, whatever restarts.
 */
final class FetchedBundles {
  private static final Logger LOG = LoggerFactory.getLogger(FetchedBundles.class);

  // What was found damaged, and in which state: it is not copied again at every look.
  private static final Map<String, String> DAMAGED = new ConcurrentHashMap<>();

  private FetchedBundles() {}

  /** Where copies are kept. */
  static Path cache() {
    return Path.of(System.getProperty("java.io.tmpdir"), "dig-models");
  }

  /**
   * Opens the bundles of a directory.
   *
   * @param directory a local path, or the URI of a directory
   * @throws IOException if there is none that can be fetched and read
   */
  static ModelCatalog open(String directory) throws IOException {
    return open(directory, cache());
  }

  static ModelCatalog open(String directory, Path cache) throws IOException {
    return list(directory, cache).requireSome(directory);
  }

  /**
   * Lists the bundles of a directory, which may have none. One that cannot be fetched is refused.
   *
   * @param directory a local path, or the URI of a directory
   * @throws IOException if there is no such directory, or it cannot be read
   */
  static ModelCatalog list(String directory, Path cache) throws IOException {
    URI uri = new org.apache.flink.core.fs.Path(directory).toUri();
    if (uri.getScheme() == null || uri.getScheme().equals("file")) {
      Path local = Path.of(uri.getPath());
      if (!Files.isDirectory(local)) {
        throw noDirectory(directory);
      }
      return ModelCatalog.list(local);
    }
    return fetch(new org.apache.flink.core.fs.Path(uri), cache);
  }

  private static BundleException noDirectory(String directory) {
    return new BundleException(
        "Expected model bundles in "
            + directory
            + ", found none: there is no such directory. Give one that \"dig export\" wrote, or one"
            + " that contains such directories");
  }

  /** Several subtasks of a TaskManager may ask at the same time; only one copies. */
  private static synchronized ModelCatalog fetch(
      org.apache.flink.core.fs.Path directory, Path cache) throws IOException {
    FileSystem files = directory.getFileSystem();
    if (!files.exists(directory)) {
      throw noDirectory(directory.toString());
    }
    List<Path> local = new ArrayList<>();
    Map<String, String> refused = new TreeMap<>();
    for (org.apache.flink.core.fs.Path bundle : bundles(directory)) {
      try {
        local.add(fetchBundle(files, bundle, cache));
      } catch (BundleException e) {
        refused.put(bundle.toString(), e.getMessage());
      }
    }
    return ModelCatalog.of(local, refused);
  }

  /** The bundles in a directory, or the directory itself, by name; none if it is not there. */
  static List<org.apache.flink.core.fs.Path> bundles(org.apache.flink.core.fs.Path directory)
      throws IOException {
    FileSystem files = directory.getFileSystem();
    if (files.exists(manifest(directory))) {
      return List.of(directory);
    }
    List<org.apache.flink.core.fs.Path> bundles = new ArrayList<>();
    if (files.exists(directory)) {
      for (FileStatus entry : sorted(files.listStatus(directory))) {
        org.apache.flink.core.fs.Path bundle =
            new org.apache.flink.core.fs.Path(directory, entry.getPath().getName());
        if (entry.isDir() && files.exists(manifest(bundle))) {
          bundles.add(bundle);
        }
      }
    }
    return bundles;
  }

  static org.apache.flink.core.fs.Path manifest(org.apache.flink.core.fs.Path bundle) {
    return new org.apache.flink.core.fs.Path(bundle, BundleDirectory.MANIFEST);
  }

  private static List<FileStatus> sorted(FileStatus[] entries) {
    return Arrays.stream(entries)
        .sorted(Comparator.comparing(entry -> entry.getPath().getName()))
        .toList();
  }

  private static Path fetchBundle(
      FileSystem files, org.apache.flink.core.fs.Path bundle, Path cache) throws IOException {
    Path local = cache.resolve(digest(files, manifest(bundle)));
    if (Files.isDirectory(local)) {
      return local;
    }
    String state = state(files, bundle);
    if (state.equals(DAMAGED.get(bundle.toString()))) {
      throw new BundleException(
          "A copy of " + bundle + " is damaged, and it has not changed since");
    }
    LOG.info("Copying the model bundle {} to {}", bundle, local);
    Files.createDirectories(cache);
    Path part = Files.createTempDirectory(cache, "part-");
    try {
      for (FileStatus file : files.listStatus(bundle)) {
        if (!file.isDir()) {
          copy(files, file.getPath(), part);
        }
      }
      BundleDirectory.open(part).verify();
      publish(part, local);
    } catch (BundleException e) {
      DAMAGED.put(bundle.toString(), state);
      throw new BundleException("A copy of " + bundle + " is damaged: " + e.getMessage(), e);
    } finally {
      if (Files.exists(part)) {
        PathUtils.deleteDirectory(part);
      }
    }
    return local;
  }

  /** What changes when somebody mends the bundle. */
  private static String state(FileSystem files, org.apache.flink.core.fs.Path bundle)
      throws IOException {
    StringBuilder state = new StringBuilder();
    for (FileStatus file : sorted(files.listStatus(bundle))) {
      state
          .append(file.getPath().getName())
          .append(' ')
          .append(file.getLen())
          .append(' ')
          .append(file.getModificationTime())
          .append('\n');
    }
    return state.toString();
  }

  private static String digest(FileSystem files, org.apache.flink.core.fs.Path file)
      throws IOException {
    try (InputStream in = files.open(file)) {
      return DigestUtils.sha256Hex(in);
    }
  }

  private static void copy(FileSystem files, org.apache.flink.core.fs.Path file, Path directory)
      throws IOException {
    try (InputStream in = files.open(file)) {
      Files.copy(in, directory.resolve(file.getName()));
    }
  }

  /** Another process may have been faster: its copy is just as good. */
  private static void publish(Path part, Path local) throws IOException {
    try {
      Files.move(part, local, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.isDirectory(local)) {
        throw e;
      }
    }
  }
}
