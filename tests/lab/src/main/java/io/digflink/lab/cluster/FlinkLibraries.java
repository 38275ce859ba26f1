package io.digflink.lab.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** What Flink's distribution has in its {@code lib}, from the jars of this JVM's class path. */
public final class FlinkLibraries {
  /** File names of the distribution's jars, as far as the job needs them. */
  public static final String DISTRIBUTION =
      "(flink-(streaming|datastream|core|annotations|metrics-core|shaded|file-sink|runtime"
          + "|rpc|queryable|hadoop-fs|connector-datagen|clients)"
          + "|snakeyaml-engine|commons-(text|lang3|io|cli|collections|math3|compress)-"
          + "|kryo|reflectasm|objenesis|minlog|javassist|jsr305|async-profiler"
          + "|slf4j-api|log4j-(api|core|slf4j2-impl)-).*\\.jar";

  /** Beside them in a deployment, so that its native libraries are loaded once a process. */
  private static final String ONNX_RUNTIME = "onnxruntime-.*\\.jar";

  private FlinkLibraries() {}

  /** Links the distribution's jars and ONNX Runtime's into a folder. */
  static Path link(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (Path jar : onClassPath(DISTRIBUTION + "|" + ONNX_RUNTIME)) {
      Files.createSymbolicLink(folder.resolve(jar.getFileName()), jar.toAbsolutePath());
    }
    return folder;
  }

  /** Jars of this JVM's class path whose file names match a regular expression. */
  public static List<Path> onClassPath(String names) {
    return Pattern.compile(File.pathSeparator)
        .splitAsStream(all())
        .map(Path::of)
        .filter(jar -> jar.getFileName().toString().matches(names))
        .toList();
  }

  /** The class path of this JVM, as a list of jars and folders. */
  public static String all() {
    // Surefire may have put it into a manifest.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
