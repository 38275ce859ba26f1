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
 * The native library of the operators of domain {@code dig}, packed into this module's jar where
 * the build had a C++ compiler (and nvcc, for the CUDA kernels).
 *
 * <p>A library is extracted once a JVM, into a directory that only this user can read, and removed
 * when the JVM ends. Where none was packed, models still run: ONNX Runtime inlines the operators'
 * function bodies, which are slower.
 */
public final class OperatorLibrary {

  /** Which kernels a library has. */
  public enum Kernels {
    /** For the CPU. */
    CPU("libdig_ops.so"),
    /** For the CPU and for CUDA; needs the CUDA execution provider's libraries at hand. */
    CUDA("libdig_ops_cuda.so");

    private final String fileName;

    Kernels(String fileName) {
      this.fileName = fileName;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(OperatorLibrary.class);

  /** What was extracted, or that nothing could be; guarded by the class. */
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
   * @return whether the library was there; without it the session inlines the function bodies
   * @throws OrtException if ONNX Runtime refuses the library
   */
  public static boolean register(OrtSession.SessionOptions options, Kernels kernels)
      throws OrtException {
    Optional<Path> library = find(kernels);
    if (library.isPresent()) {
      options.registerCustomOpLibrary(library.get().toString());
      // The options unload it when they are closed, while their session still calls into it. This
      // handle is one more, until the class itself is unloaded.
      System.load(library.get().toString());
      loadedForCuda |= kernels == Kernels.CUDA;
    }
    return library.isPresent();
  }

  /**
   * The library as a file, extracted on the first call. The first call that finds none says so in
   * the log.
   *
   * @throws UncheckedIOException if the library is packed but cannot be written to the temporary
   *     directory
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
                + "Build model-export with CMake and {} to have them.",
            kernels,
            platform(),
            kernels == Kernels.CUDA ? "nvcc" : "a C++ compiler");
        return Optional.empty();
      }
      // createTempDirectory gives the directory to this user alone.
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
