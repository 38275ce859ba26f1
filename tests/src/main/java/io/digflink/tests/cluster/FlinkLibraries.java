package io.digflink.tests.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What Flink's distribution has in its {@code lib}, from the jars of this JVM's class path, and
 * ONNX Runtime, which a deployment puts beside them so that its native libraries are loaded once a
 * process.
 */
final class FlinkLibraries {
  private static final Pattern LIBRARY =
      Pattern.compile(
          "(flink-(streaming|datastream|core|annotations|metrics-core|shaded|file-sink|runtime"
              + "|rpc|queryable|hadoop-fs|connector-datagen|clients)"
              + "|snakeyaml-engine|commons-(text|lang3|io|cli|collections|math3|compress)-"
              + "|kryo|reflectasm|objenesis|minlog|javassist|jsr305|async-profiler"
              + "|onnxruntime-"
              + "|slf4j-api|log4j-(api|core|slf4j2-impl)-).*\\.jar");

  private FlinkLibraries() {}

  /** Links the jars into a folder. */
  static Path link(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (Path jar : classPath()) {
      String name = jar.getFileName().toString();
      if (LIBRARY.matcher(name).matches()) {
        Files.createSymbolicLink(folder.resolve(name), jar.toAbsolutePath());
      }
    }
    return folder;
  }

  private static List<Path> classPath() {
    return Pattern.compile(File.pathSeparator).splitAsStream(all()).map(Path::of).toList();
  }

  /** The class path of this JVM, as a list of jars and folders. */
  static String all() {
    // Surefire may have put it into a manifest.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
