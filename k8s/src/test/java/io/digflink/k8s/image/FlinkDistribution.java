package io.digflink.k8s.image;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;

/**
 * The file system of Flink's official image, as far as the job needs it, from the jars of this
 * test's class path: no registry hands out images here.
 */
final class FlinkDistribution {
  /**
   * What is part of {@code flink-dist} or lies beside it in {@code lib}; and the Prometheus
   * reporter, a plugin in the image, because a cluster inside one JVM finds reporters on the class
   * path only.
   */
  private static final Pattern LIBRARY =
      Pattern.compile(
          "(flink-(streaming|datastream|core|annotations|metrics-core|shaded|file-sink|runtime"
              + "|rpc|queryable|hadoop-fs|connector-datagen|clients|metrics-prometheus)"
              + "|snakeyaml-engine|commons-(text|lang3|io|cli|collections|math3|compress)-"
              + "|kryo|reflectasm|objenesis|minlog|javassist|jsr305|async-profiler"
              + "|slf4j-api|log4j-(api|core|slf4j2-impl)-).*\\.jar");

  private FlinkDistribution() {}

  /** Lays the files out under a folder that stands for the image's root. */
  static void layOut(Path root, String flinkVersion) throws IOException {
    Path flink = root.resolve("opt/flink");
    for (Path jar : classPath()) {
      String name = jar.getFileName().toString();
      if (LIBRARY.matcher(name).matches()) {
        copy(jar, flink.resolve("lib"));
      }
    }
    // In its place: the artifact is nowhere to be had, and the test uses no object storage.
    Path s3 = flink.resolve("opt/flink-s3-fs-hadoop-" + flinkVersion + ".jar");
    Files.createDirectories(s3.getParent());
    new JarOutputStream(Files.newOutputStream(s3)).close();
  }

  private static List<Path> classPath() {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Pattern.compile(File.pathSeparator).splitAsStream(classPath).map(Path::of).toList();
  }

  private static void copy(Path jar, Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(jar, folder.resolve(jar.getFileName()));
  }
}
