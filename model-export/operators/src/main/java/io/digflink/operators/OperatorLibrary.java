package io.digflink.operators;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native library of the operators of domain {@code dig}. This module's jar contains it if the
 * build had a C++ compiler (and nvcc, for the CUDA kernels).
 *
 * <p>Each JVM extracts it once, into a directory that only this user can read, and removes it when
 * it ends. Without the library models still run: ONNX Runtime inlines the operators' function
 * bodies, which are slower.
 */
public final class OperatorLibrary {

  /** Which kernels a library has. */
  public enum Kernels {
    /** For the CPU. */
    CPU("libdig_ops.so"),
    /** For the CPU and for CUDA; needs the CUDA execution provider's libraries. */
    CUDA("libdig_ops_cuda.so");

    private final String fileName;

    Kernels(String fileName) {
      this.fileName = fileName;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(OperatorLibrary.class);

  /** What was extracted, or empty if there was nothing to extract; guarded by the class. */
  private static final Map<Kernels, Optional<Path>> EXTRACTED = new EnumMap<>(Kernels.class);

  private static volatile boolean loadedForCuda;

  private OperatorLibrary() {}

  /** Whether sessions have registered the CUDA kernels. */
  static boolean isLoadedForCuda() {
    return loadedForCuda;
  }

  /**
   * Registers the operators with a session's options, which may be closed before the session: the
   * library stays loaded.
   *
   * @return whether the library was found; without it the session inlines the function bodies
   * @throws OrtException if ONNX Runtime refuses the library
   */
  public static boolean register(OrtSession.SessionOptions options, Kernels kernels)
      throws OrtException {
    Optional<Path> library = find(kernels);
    if (library.isPresent()) {
      options.registerCustomOpLibrary(library.get().toString());
      // Closing the options unloads the library while their session still calls into it. This
      // further handle keeps it loaded until the class itself is unloaded.
      System.load(library.get().toString());
      loadedForCuda |= kernels == Kernels.CUDA;
    }
    return library.isPresent();
  }

  /**
   * The library as a file, extracted on the first call. If there is none, the first call logs a
   * warning.
   *
   * @throws UncheckedIOException if the library cannot be written to the temporary directory
   */
  public static synchronized Optional<Path> find(Kernels kernels) {
    return EXTRACTED.computeIfAbsent(kernels, OperatorLibrary::extract);
  }

  private static Optional<Path> extract(Kernels kernels) {
    String resource = "/native/" + platform() + "/" + kernels.fileName;
    try (InputStream in = OperatorLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        LOG.warn(
            "No {} kernels of the dig operators for {}: models run their slower function bodies. "
                + "To get the kernels, build model-export with CMake and {}.",
            kernels,
            platform(),
            kernels == Kernels.CUDA ? "nvcc" : "a C++ compiler");
        return Optional.empty();
      }
      // Only this user can access a directory from createTempDirectory.
      Path directory = Files.createTempDirectory("dig-ops-");
      Path file = directory.resolve(kernels.fileName);
      directory.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      Files.copy(in, file);
      return Optional.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot extract "
              + kernels.fileName
              + " into "
              + System.getProperty("java.io.tmpdir")
              + ": free space there, or point -Djava.io.tmpdir to a writable directory.",
          e);
    }
  }

  /** The resource folder of this machine's libraries, such as {@code linux-x64}. */
  private static String platform() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch");
    return system + "-" + (processor.equals("amd64") ? "x64" : processor);
  }
}
