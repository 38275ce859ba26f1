package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads a model directory into the bundles that are served: verified, allowed, able to make images,
 * and prepared by the stages of this JVM. The others are refused.
 */
final class BundleReader {
  private final ModelSettings settings;

  // What was found wrong, and in which state, so that large files are not read at every look.
  private final Map<Path, Fault> faults = new HashMap<>();

  /** A bundle in a state that is refused. */
  private record Fault(String state, String reason) {}

  /** Makes a stage ready for a bundle, so that its first request waits for nothing. */
  @FunctionalInterface
  interface Preparation {
    /** Opens what the stage needs of it. */
    void prepare(ModelBundle bundle) throws SessionException;
  }

  BundleReader(ModelSettings settings) {
    this.settings = settings;
  }

  /**
   * Reads the directory.
   *
   * @param before what was served until now, which is not looked at again
   * @throws IOException if it cannot be read
   */
  Bundles read(Bundles before, List<Preparation> preparations) throws IOException {
    ModelCatalog catalog = FetchedBundles.list(settings.directory(), FetchedBundles.cache());
    List<ModelBundle> served = new ArrayList<>();
    Map<String, String> refused = new TreeMap<>(catalog.refused());
    for (ModelCatalog.Version version : catalog.versions()) {
      Optional<ModelBundle> known = before.version(version.digest());
      try {
        if (known.isPresent() && known.get().path().equals(version.path())) {
          served.add(known.get());
          continue;
        }
        ModelBundle bundle = open(version);
        for (Preparation preparation : preparations) {
          preparation.prepare(bundle);
        }
        served.add(bundle);
      } catch (IOException | SessionException e) {
        refused.put(version.path().toString(), e.getMessage());
      }
    }
    return new Bundles(served, refused);
  }

  private ModelBundle open(ModelCatalog.Version version) throws IOException {
    String state = state(version);
    Fault fault = faults.get(version.path());
    if (fault != null && fault.state().equals(state)) {
      throw new IOException(fault.reason());
    }
    try {
      ModelBundle bundle = verified(version);
      faults.remove(version.path());
      return bundle;
    } catch (IOException e) {
      faults.put(version.path(), new Fault(state, e.getMessage()));
      throw e;
    }
  }

  /** What changes when somebody mends the bundle. */
  private static String state(ModelCatalog.Version version) throws IOException {
    StringBuilder state = new StringBuilder(version.digest());
    try (Stream<Path> files = Files.list(version.path())) {
      for (Path file : files.sorted().toList()) {
        state.append(' ').append(Files.getLastModifiedTime(file)).append(Files.size(file));
      }
    }
    return state.toString();
  }

  private ModelBundle verified(ModelCatalog.Version version) throws IOException {
    if (!isAllowed(version.digest())) {
      throw new IOException(
          String.format(
              "Expected one of the digests in models.allowed-digests, found %s in %s: add it there,"
                  + " or remove the bundle",
              version.digest(), version.path()));
    }
    ModelBundle bundle = ModelBundle.open(version.path());
    if (!bundle.hasDecoder()) {
      throw new IOException(
          "Expected bundles that make images in "
              + settings.directory()
              + ", found "
              + bundle.name()
              + " without a decoder: export it with --vae, or remove it");
    }
    return bundle;
  }

  private boolean isAllowed(String digest) {
    return settings.allowedDigests().isEmpty() || settings.allowedDigests().contains(digest);
  }
}
