package io.digflink.jobs.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import io.digflink.runtime.model.ModelCatalog;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Verifies every bundle of model directories, before a job serves them: a main class for an init
 * container or a script, which ends with 1 and the reason on standard error if a bundle is damaged.
 */
public final class VerifyModels {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private VerifyModels() {}

  /**
   * @param directories local paths or URIs of any file system that Flink has
   */
  public static void main(String[] directories) {
    int code = run(List.of(directories), System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(List<String> directories, PrintStream out, PrintStream err) {
    if (directories.isEmpty()) {
      err.println("Expected the directories of model bundles as arguments, found none");
      return USAGE;
    }
    try {
      for (String directory : directories) {
        ModelCatalog catalog = FetchedBundles.open(directory);
        for (String reason : catalog.refused().values()) {
          throw new BundleException(reason);
        }
        for (ModelCatalog.Version version : catalog.versions()) {
          BundleDirectory.open(version.path()).verify();
          out.println(version.name() + " " + version.digest() + " in " + directory);
        }
      }
      return 0;
    } catch (IOException e) {
      err.println(e.getMessage());
      return FAILED;
    }
  }
}
