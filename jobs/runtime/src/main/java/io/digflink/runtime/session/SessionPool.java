package io.digflink.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.operators.OperatorLibrary.Kernels;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ONNX Runtime sessions of this JVM: one per graph, device and number of threads, shared by all
 * leases and closed with the last one. Sessions may run on many threads at once.
 */
public final class SessionPool {
  private static final Logger LOG = LoggerFactory.getLogger(SessionPool.class);
  private static final SessionPool SHARED = new SessionPool();

  private final Map<Key, Shared> sessions = new HashMap<>();

  private SessionPool() {}

  /** The pool of this JVM. */
  public static SessionPool shared() {
    return SHARED;
  }

  /**
   * Leases the session of a graph, making it if there is none.
   *
   * @param graph an ONNX file
   * @param threads threads that one run may use on the CPU; 0 leaves it to ONNX Runtime: one per
   *     core
   * @throws SessionException if there is no such graph or device
   */
  public synchronized Lease acquire(Path graph, Device device, int threads)
      throws SessionException {
    Key key = new Key(graph.toAbsolutePath().normalize(), device, threads);
    Shared shared = sessions.get(key);
    if (shared == null) {
      shared = new Shared(create(key));
      sessions.put(key, shared);
      LOG.info("Session of {} on {} made", graph, device);
    }
    shared.leases++;
    return new Lease(key, shared.session);
  }

  /** Sessions that somebody holds. */
  public synchronized int size() {
    return sessions.size();
  }

  private synchronized void release(Key key) {
    Shared shared = sessions.get(key);
    if (--shared.leases > 0) {
      return;
    }
    sessions.remove(key);
    try {
      shared.session.close();
      LOG.info("Session of {} on {} closed", key.graph, key.device);
    } catch (OrtException e) {
      LOG.warn("Session of {} on {} did not close", key.graph, key.device, e);
    }
  }

  private static OrtSession create(Key key) throws SessionException {
    OrtEnvironment environment = OnnxRuntime.environment();
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      if (key.threads > 0) {
        options.setIntraOpNumThreads(key.threads);
      }
      // The threads of an idle session would spin, for some 30 ms, on the cores that a run of
      // another one is using.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      boolean cuda = key.device.isCuda();
      if (cuda) {
        addCuda(options, key.device);
        // ONNX Runtime warns that arithmetic on shapes stays on the CPU, where it belongs.
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      }
      OperatorLibrary.register(options, cuda ? Kernels.CUDA : Kernels.CPU);
      return environment.createSession(key.graph.toString(), options);
    } catch (OrtException e) {
      throw new SessionException(
          "No session of " + key.graph + " on " + key.device + ": " + e.getMessage(), e);
    }
  }

  private static void addCuda(SessionOptions options, Device device) throws OrtException {
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(device.index())) {
      // The default tries every algorithm of every convolution at each new batch size: seconds.
      cuda.add("cudnn_conv_algo_search", "HEURISTIC");
      // Channels side by side, in which the tensor cores' convolutions are a quarter faster.
      cuda.add("prefer_nhwc", "1");
      options.addCUDA(cuda);
    }
  }

  /** The right to use a session until closed. */
  public static final class Lease implements AutoCloseable {
    private final Key key;
    private final OrtSession session;
    private boolean closed;

    private Lease(Key key, OrtSession session) {
      this.key = key;
      this.session = session;
    }

    OrtSession session() {
      return session;
    }

    /** Gives the session back; does nothing the second time. */
    @Override
    public void close() {
      if (!closed) {
        closed = true;
        SHARED.release(key);
      }
    }
  }

  private record Key(Path graph, Device device, int threads) {}

  private static final class Shared {
    private final OrtSession session;
    private int leases;

    private Shared(OrtSession session) {
      this.session = session;
    }
  }
}
