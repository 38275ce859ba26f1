package io.digflink.runtime.session;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a session reserves of its device's budget: its weights, which are as large as its files, and
 * a fixed share for the activations of a run. On a GPU the session's arena is limited to this, so
 * that a run which needs more fails and its batch is halved.
 */
public final class SessionMemory {
  private static final long ACTIVATIONS_ON_A_GPU = 1536L << 20;
  private static final long ACTIVATIONS_ON_A_CPU = 64L << 20;

  private SessionMemory() {}

  /** Bytes that a session of a graph reserves; of its weights none if the graph is not there. */
  public static long of(Path graph, Device device) {
    return weights(graph) + (device.isCuda() ? ACTIVATIONS_ON_A_GPU : ACTIVATIONS_ON_A_CPU);
  }

  /** The graph and the files of its weights, whose names begin with the graph's. */
  private static long weights(Path graph) {
    long bytes = 0;
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(graph.getParent(), graph.getFileName() + "*")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    } catch (IOException e) {
      return 0; // opening the session says what is wrong
    }
    return bytes;
  }
}
