package io.digflink.jobs.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import io.digflink.runtime.model.ModelCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Copies model bundles between file systems that Flink knows. A bundle's manifest is written last:
 * a directory without one is no bundle yet, so a job that reads the place never sees half of one.
 */
final class BundleInstaller {
  private final Path from;
  private final Path to;

  /** Both are directories whose subdirectories are bundles; the first may be a bundle itself. */
  BundleInstaller(Path from, Path to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Puts every bundle in place and verifies it there; what is there already and intact stays.
   *
   * @return what is in place now, in the order of the directories' names
   * @throws IOException if there is none, one is damaged, or another one has its place
   */
  List<ModelCatalog.Version> install() throws IOException {
    List<ModelCatalog.Version> installed = new ArrayList<>();
    for (Path bundle : bundles()) {
      ModelCatalog.Version version = verified(bundle);
      Path place = new Path(to, bundle.getName());
      Optional<String> there = intact(place);
      if (there.isEmpty()) {
        copy(bundle, place);
        verified(place);
      } else if (!there.get().equals(version.digest())) {
        throw new BundleException(
            "Expected bundle %s or nothing in %s, found bundle %s: a served bundle is never replaced;"
                    .formatted(version.digest(), place, there.get())
                + " give the new one's directory another name");
      }
      installed.add(version);
    }
    return installed;
  }

  private List<Path> bundles() throws IOException {
    List<Path> bundles = FetchedBundles.bundles(from);
    if (bundles.isEmpty()) {
      throw new BundleException(
          "Expected model bundles in "
              + from
              + ", found none: give a directory that \"dig export\" wrote, or one that contains such"
              + " directories");
    }
    return bundles;
  }

  /** The digest of what is in a place; nothing if it is no bundle, or a damaged one. */
  private static Optional<String> intact(Path place) throws IOException {
    if (!place.getFileSystem().exists(FetchedBundles.manifest(place))) {
      return Optional.empty();
    }
    try {
      return Optional.of(verified(place).digest());
    } catch (BundleException e) {
      return Optional.empty();
    }
  }

  /** Reads every byte, wherever the bundle lies: nothing is taken from an earlier copy. */
  private static ModelCatalog.Version verified(Path bundle) throws IOException {
    java.nio.file.Path copies = Files.createTempDirectory("dig-install-");
    try {
      ModelCatalog catalog = FetchedBundles.list(bundle.toString(), copies);
      for (String reason : catalog.refused().values()) {
        throw new BundleException(reason);
      }
      ModelCatalog.Version version = catalog.requireSome(bundle.toString()).versions().get(0);
      BundleDirectory.open(version.path()).verify();
      return version;
    } finally {
      PathUtils.deleteDirectory(copies);
    }
  }

  private static void copy(Path bundle, Path place) throws IOException {
    FileSystem source = bundle.getFileSystem();
    FileSystem target = place.getFileSystem();
    target.mkdirs(place);
    target.delete(FetchedBundles.manifest(place), false);
    List<Path> files =
        Arrays.stream(source.listStatus(bundle))
            .filter(file -> !file.isDir())
            .map(file -> new Path(bundle, file.getPath().getName()))
            .filter(file -> !file.getName().equals(BundleDirectory.MANIFEST))
            .toList();
    for (Path file : files) {
      copyFile(file, new Path(place, file.getName()));
    }
    copyFile(FetchedBundles.manifest(bundle), FetchedBundles.manifest(place));
  }

  private static void copyFile(Path file, Path target) throws IOException {
    try (InputStream in = file.getFileSystem().open(file);
        OutputStream out = target.getFileSystem().create(target, FileSystem.WriteMode.OVERWRITE)) {
      in.transferTo(out);
    }
  }
}
