package io.digflink.k8s.image;

import io.digflink.lab.cluster.FlinkLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;

/**
 * The parts of the file system of Flink's official image that the job needs, from the jars on this
 * test's class path: tests need no image registry.
 */
final class FlinkDistribution {
  /**
   * A plugin in the image, but on the class path here: a cluster inside one JVM finds reporters
   * nowhere else.
   */
  private static final String PROMETHEUS_REPORTER = "flink-metrics-prometheus-.*\\.jar";

  private FlinkDistribution() {}

  /** Lays the files out under a folder that stands for the image's root. */
  static void layOut(Path root, String flinkVersion) throws IOException {
    Path flink = root.resolve("opt/flink");
    String names = FlinkLibraries.DISTRIBUTION + "|" + PROMETHEUS_REPORTER;
    for (Path jar : FlinkLibraries.onClassPath(names)) {
      copy(jar, flink.resolve("lib"));
    }
    // A placeholder: the artifact is not published, and the test uses no object storage.
    Path s3 = flink.resolve("opt/flink-s3-fs-hadoop-" + flinkVersion + ".jar");
    Files.createDirectories(s3.getParent());
    new JarOutputStream(Files.newOutputStream(s3)).close();
  }

  private static void copy(Path jar, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(jar, folder.resolve(jar.getFileName()));
  }
}
